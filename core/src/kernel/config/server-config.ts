import type { TrafficRules, VersionPolicy } from "../../extension-points/deployments.js";
import type { Plugin } from "../../extension-points/plugin.js";
import type { ConfigSetting } from "../../extension-points/server-configuration.js";
import type { LoadingMode, ServerSettings } from "../../extension-points/server-settings.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { BatchingSettings } from "../../serving/batching/batching-settings.js";
import type { ExecutionSettings } from "../../serving/execution/execution-settings.js";
import type { ConfigFault, SourcePosition } from "./config-fault.js";

/** A configuration that was found right: every default filled in, every plugin imported, every option checked. */
export interface ServerConfig {
  /** Absolute path. */
  readonly file: string;
  /** The folder of {@link file}; relative paths in the configuration are relative to it. */
  readonly directory: string;
  readonly server: ServerSettings;
  readonly storage: PluginUse;
  /** In the order of the file; no plugin stands twice. */
  readonly backends: readonly PluginUse[];
  readonly protocols: readonly PluginUse[];
  readonly monitors: readonly PluginUse[];
  /** Plugins that own a top-level word, as `management`; they provide whatever they like, routes for instance. */
  readonly extensions: readonly PluginUse[];
  /** By name. `undefined`: every model that the storage holds is served with the defaults. */
  readonly models: ReadonlyMap<string, ModelConfig> | undefined;
  /** What plugins found worth a word in their options. */
  readonly warnings: readonly ConfigFault[];
  /** YAML text of the whole with every default. What the environment gave is shown as the reference it came from. */
  readonly effective: string;
  /** Every value that is in effect, with its place; no secret is among them. */
  readonly settings: () => readonly ConfigSetting[];
  /**
   * The same configuration with another section `models`, checked as if that stood in the file; nothing is read again.
   *
   * @param models plain values, as the file's YAML stands for; whole numbers may be bigint
   * @param from what messages name as the place that it comes from
   * @throws PlinthError `CONFIG_INVALID`
   */
  readonly withModels: (models: unknown, from: string) => Promise<ServerConfig>;
}

/** One place of the configuration that names a plugin. */
export interface PluginUse {
  /** As it stands in the file: short name, package name or path. Never from the environment. */
  readonly use: string;
  readonly plugin: Plugin;
  /** Where the plugin was imported from; equal for uses of the same plugin. */
  readonly moduleUrl: string;
  /** What the plugin's own schema made of its options. May hold secrets. */
  readonly options: unknown;
  readonly position: SourcePosition;
}

export interface ModelConfig {
  /** Absolute path of the folder that holds its versions. `undefined`: where the storage keeps them. */
  readonly path: string | undefined;
  /**
   * `undefined`: the first of the configured backends that recognises the files. The very object of
   * {@link ServerConfig.backends} where the model adds no options of its own.
   */
  readonly backend: PluginUse | undefined;
  /** `undefined`: left out, so that it is the newest, unless a file beside the model describes it otherwise. */
  readonly versions: VersionPolicy | undefined;
  /** Where `versions` lists numbers, each label is one of them. */
  readonly labels: ReadonlyMap<string, ModelVersion>;
  /** `undefined`: the newest available version gets all. */
  readonly traffic: TrafficRules | undefined;
  readonly transition: "availability-preserving" | "resource-preserving";
  /** `undefined`: as {@link ServerSettings.loading} says. */
  readonly loading: LoadingMode | undefined;
  /** `undefined`: left out, so that it is as by default, unless a file beside the model describes it otherwise. */
  readonly execution: ExecutionSettings | undefined;
  /** `undefined`: each request is run on its own. */
  readonly batching: BatchingSettings | undefined;
  /**
   * Where the file says what: `served` (where the model stands), and, only where they are written, `path`, `versions`,
   * `labels.<label>` and `traffic`. What is pinned here cannot be changed at run time.
   */
  readonly pins: ReadonlyMap<string, SourcePosition>;
  /** Absolute path of a file with a request body to try this model with; it need not exist. */
  readonly example: string | undefined;
}
