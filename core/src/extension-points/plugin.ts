import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import type { ConfigDirectory } from "./config-directory.js";
import type { Services, Token } from "./token.js";

/** The version of the contracts in this folder. A plugin states the one it was written for; another one is refused. */
export const PLUGIN_API_VERSION = 1;

/**
 * What a plugin package exports under the name `plugin`. Importing it does nothing; opening files and ports is for `start()` of
 * what it provides.
 */
export interface Plugin<Options = unknown> {
  /** The npm package's name. */
  readonly name: string;
  readonly apiVersion: number;
  /**
   * Options that stand beside `use:` in the configuration: an object schema of any library of the Standard Schema family (zod,
   * valibot, arktype), strict, so that an unknown key is an error. Its JSON Schema becomes part of `plinth schema`. Options that are secret
   * are marked as such there: see {@link SECRET}.
   */
  readonly config: OptionsSchema<Options>;
  /**
   * What the schema cannot see, since it takes a look at what the options name: a file that is not there, say. Called when a
   * configuration is read, before anything starts; it reads, and opens and changes nothing. Absent: the schema says all.
   */
  check?(options: Options, context: CheckContext): Promise<readonly OptionFinding[]>;
  /** Declares what the plugin provides. Synchronous, without side effects; may run more than once. */
  register(registry: Registry, options: Options): void;
}

export interface CheckContext {
  /** Paths in the options are relative to it. */
  readonly directory: ConfigDirectory;
}

/** What is wrong with an option, or deserves a word. */
export interface OptionFinding {
  /** Keys and list indexes from the options, as `["tls", "key"]`. */
  readonly path: readonly (string | number)[];
  /** Shown to people: shall hold no secret. */
  readonly message: string;
  /** A `warning` keeps nobody from starting. */
  readonly severity: "fault" | "warning";
}

/**
 * Marks an option as secret: JSON Schema's own word for what is taken and never given back. With zod `z.string().meta(SECRET)`; with another library
 * whatever puts `"writeOnly": true` into its JSON Schema. The value, or everything in it, is shown neither by the console, nor by the management API and
 * the commands, nor in a message about a wrong configuration.
 */
export const SECRET: { readonly writeOnly: true } = { writeOnly: true };

export type OptionsSchema<Options> = StandardSchemaV1<unknown, Options> & StandardJSONSchemaV1<unknown, Options>;

export interface Registry {
  /** Adds a service. The factory runs at most once, when the service is first asked for; it opens nothing yet. */
  provide<T>(token: Token<T>, factory: (services: Services) => T): void;
}

/** Checks a plugin's types and gives it back. */
export function definePlugin<Options>(plugin: Plugin<Options>): Plugin<Options> {
  return plugin;
}
