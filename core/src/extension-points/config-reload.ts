import { createToken, type Token } from "./token.js";

/** Reads `config.yaml` again while the server runs. */
export interface ConfigReload {
  /**
   * All of the new configuration is checked before any of it is applied. Settles when it is applied and every model that it
   * adds has an available version or failed to get one; models that it takes away are still unloading then. Calls come one
   * after the other.
   *
   * @throws PlinthError `CONFIG_INVALID`; `RESTART_NEEDED` where something changed that only a new start can apply (all but
   * `models`), which is named with its line. Nothing has changed in both cases.
   */
  reload(options: { readonly signal: AbortSignal }): Promise<ReloadReport>;
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
