import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type {
  ConfigSetting,
  ReloadAttempt,
  ServerConfiguration,
  UsedPlugin,
} from "../extension-points/server-configuration.js";
import type { PluginUse, ServerConfig } from "./config/server-config.js";

/** What {@link RunningConfiguration} looks at. */
export interface RunningConfig {
  /** The one that the server runs by now. */
  readonly config: ServerConfig;
  readonly lastReload: ReloadAttempt | undefined;
}

/** The configuration that a server runs by, as people look at it. */
export class RunningConfiguration implements ServerConfiguration {
  readonly #running: RunningConfig;

  constructor(running: RunningConfig) {
    this.#running = running;
  }

  get file(): string {
    return this.#running.config.file;
  }

  get lastReload(): ReloadAttempt | undefined {
    return this.#running.lastReload;
  }

  settings(): readonly ConfigSetting[] {
    return this.#running.config.settings();
  }

  plugins(): Promise<readonly UsedPlugin[]> {
    const { storage, backends, protocols, monitors, extensions } = this.#running.config;
    const described = (kind: UsedPlugin["kind"], uses: readonly PluginUse[]) =>
      uses.map((use) => usedPlugin(kind, use));
    return Promise.all([
      ...described("storage", [storage]),
      ...described("backend", backends),
      ...described("protocol", protocols),
      ...described("monitor", monitors),
      ...described("extension", extensions),
    ]);
  }
}

async function usedPlugin(kind: UsedPlugin["kind"], { use, plugin, moduleUrl }: PluginUse): Promise<UsedPlugin> {
  const module = moduleUrl.startsWith("file:") ? fileURLToPath(moduleUrl) : moduleUrl;
  return { kind, use, name: plugin.name, version: await packageVersion(module, plugin.name), module };
}

/** The version in the nearest `package.json` above a module that is this package's. */
async function packageVersion(module: string, name: string): Promise<string | undefined> {
  for (let folder = dirname(module), last = module; folder !== last; last = folder, folder = dirname(folder)) {
    const found = await manifestIn(folder);
    if (found?.name === name) return typeof found.version === "string" ? found.version : undefined;
  }
  return undefined;
}

async function manifestIn(
  folder: string,
): Promise<{ readonly name?: unknown; readonly version?: unknown } | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  } catch {
    return undefined;
  }
}
