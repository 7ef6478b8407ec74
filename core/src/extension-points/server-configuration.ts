import type { PlinthError } from "../model/errors.js";
import type { JsonValue } from "./storage.js";
import { createToken, type Token } from "./token.js";

/** The configuration that this server runs by, for people to look at: no secret is in it. */
export interface ServerConfiguration {
  /** The file that it was read from, absolute. */
  readonly file: string;

  /** Every value that is in effect, in the order of the file; within a section, defaults come last. */
  settings(): readonly ConfigSetting[];

  /** The plugins that it is composed of, in the order of the sections. */
  plugins(): Promise<readonly UsedPlugin[]>;

  /** The newest attempt to reload it, whoever made it. `undefined`: there was none. */
  readonly lastReload: ReloadAttempt | undefined;
}

/** The configuration of this server. */
export const ServerConfiguration: Token<ServerConfiguration> = createToken<ServerConfiguration>("ServerConfiguration");

/** One value, and where it came from. */
export interface ConfigSetting {
  /** As `protocols[0].port`. */
  readonly path: string;
  /** What came from the environment is shown as the reference that is written. `undefined`: it is secret. */
  readonly value: JsonValue | undefined;
  /** As `config.yaml:3:9`. `undefined`: it is a default. */
  readonly position: string | undefined;
  /** Names of the variables of the environment that are in it. */
  readonly variables: readonly string[];
}

export interface UsedPlugin {
  readonly kind: "storage" | "backend" | "protocol" | "monitor" | "extension";
  /** How the configuration names it. */
  readonly use: string;
  readonly name: string;
  /** Of its package. `undefined` where it is in none. */
  readonly version: string | undefined;
  /** The module that it was imported from: a path, or a URL of another kind. */
  readonly module: string;
}

export interface ReloadAttempt {
  /** In milliseconds since the epoch. */
  readonly atMs: number;
  /** Why it changed nothing; `undefined` where it was applied. */
  readonly error: PlinthError | undefined;
}
