import { createToken, type Token } from "./token.js";

/** Applies another configuration while the server runs. Calls come one after the other. */
export interface ConfigReload {
  /**
   * Reads `config.yaml` again. All of the new configuration is checked before any of it is applied. Settles when it is applied and every
   * model that it adds has an available version or failed to get one; models that it takes away are still unloading then.
   *
   * @throws PlinthError `CONFIG_INVALID`; `RESTART_NEEDED` where something changed that only a new start can apply (all but
   * `models`), which is named with its line. Nothing has changed in both cases.
   */
  reload(options: { readonly signal: AbortSignal }): Promise<ReloadReport>;

  /**
   * As {@link reload}, with another section `models` in place of the one that there is and everything else as it is. It holds until the next
   * {@link reload}, and is written nowhere.
   *
   * @param models plain values, as the file's YAML stands for; whole numbers may be bigint
   * @param options `from`: what messages, and refusals of what is pinned, name as the place that it comes from
   * @throws PlinthError `CONFIG_INVALID`; nothing has changed then.
   */
  replaceModels(
    models: unknown,
    options: { readonly from: string; readonly signal: AbortSignal },
  ): Promise<ReloadReport>;
}

/** The reload of this server's configuration. */
export const ConfigReload: Token<ConfigReload> = createToken<ConfigReload>("ConfigReload");

/** Names of models. */
export interface ReloadReport {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  /** Models that are configured and have no available version now, with why not. */
  readonly unavailable: ReadonlyMap<string, string>;
}
