import type { Plugin } from "../../extension-points/plugin.js";
import { PlinthError } from "../../model/errors.js";
import { messageOf } from "../message-of.js";
import { type ImportModule, loadPlugin } from "../plugins/load-plugin.js";
import { isInstalled, type PluginKind, type PluginLookup, resolvePlugin } from "../plugins/resolve-plugin.js";
import { withinTime } from "../plugins/within-time.js";
import { type ConfigPath, type FaultList, quote } from "./config-fault.js";
import { secretsNamed } from "./describe-node.js";
import { repeatsValue } from "./issue-expectation.js";
import { inputSchema, type JsonSchema } from "./json-schema.js";
import { secretTexts } from "./secret-values.js";
import type { PluginUse } from "./server-config.js";
import {
  childOf,
  type Placed,
  type SourceMapping,
  type SourceScalar,
  scalarsOf,
  variablesIn,
  withoutKey,
} from "./source-tree.js";
import { reportFinding, VALIDATION_TIMEOUT_MS, validateSection } from "./validate-section.js";

export interface PluginUsesOptions {
  /** As the user named it. */
  readonly file: string;
  readonly lookup: PluginLookup;
  readonly importModule: ImportModule;
  /** All that the environment gave to this configuration; no message may show it. */
  readonly secrets: readonly string[];
}

/** A place that names a plugin, and what became of it; `undefined` where it is faulty. */
export interface PlacedUse extends Placed {
  readonly plugin: PluginUse | undefined;
}

/** A plugin that was imported and found to be one. */
export interface LoadedPlugin {
  readonly plugin: Plugin;
  readonly moduleUrl: string;
  readonly jsonSchema: JsonSchema;
}

/**
 * Turns the places that name a plugin into {@link PluginUse}s. A module is imported once, however often it is used. Whatever
 * is wrong is added to the faults, and the answer is then `undefined`.
 */
export class PluginUses {
  readonly #options: PluginUsesOptions;
  readonly #faults: FaultList;
  readonly #byUrl = new Map<string, Promise<LoadedPlugin>>();
  readonly #byUse = new Map<string, LoadedPlugin>();

  constructor(options: PluginUsesOptions, faults: FaultList) {
    this.#options = options;
    this.#faults = faults;
  }

  /** Whether Plinth's own plugin of that short name is installed. */
  exists(kind: PluginKind, word: string): boolean {
    return isInstalled(kind, word, this.#options.lookup);
  }

  async resolveAll(kind: PluginKind, places: readonly Placed[]): Promise<readonly PlacedUse[]> {
    const uses: PlacedUse[] = [];
    for (const place of places) uses.push({ ...place, plugin: await this.resolve(kind, place) });
    return uses;
  }

  /** The plugin of a place and its options. Where there is no `use`, the grammar tells. */
  async resolve(kind: PluginKind, place: Placed): Promise<PluginUse | undefined> {
    const { node } = place;
    const use = childOf(node, "use")?.node;
    if (node.kind !== "mapping" || use?.kind !== "scalar") return undefined;
    const loaded = await this.load(kind, use, [...place.path, "use"]);
    return loaded && this.configure(loaded, use, { ...place, node: withoutKey(node, "use") });
  }

  /** The plugin that a scalar names. */
  async load(kind: PluginKind, use: SourceScalar, path: ConfigPath): Promise<LoadedPlugin | undefined> {
    if (typeof use.value !== "string" || use.value === "" || use.isFaulty) return undefined;
    if (use.hasReference) {
      this.#faults.add(use.at, path, "a plugin cannot be named by the environment; write its name here");
      return undefined;
    }
    try {
      const loaded = await this.#import(resolvePlugin(kind, use.value, this.#options.lookup), use.value);
      this.#byUse.set(`${kind} ${use.value}`, loaded);
      return loaded;
    } catch (thrown) {
      const error = this.#withoutSecrets(PlinthError.from(thrown, "PLUGIN_FAILED"), use.value);
      this.#faults.add(use.at, path, error.message, error);
      return undefined;
    }
  }

  /** What was loaded before by this name. */
  loaded(kind: PluginKind, use: unknown): LoadedPlugin | undefined {
    return this.#byUse.get(`${kind} ${use}`);
  }

  /** @param options the place without its `use` */
  async configure(
    { plugin, moduleUrl, jsonSchema }: LoadedPlugin,
    use: SourceScalar,
    options: Placed<SourceMapping>,
  ): Promise<PluginUse | undefined> {
    if (!this.#hasExactNumbers(options)) return undefined;
    const name = String(use.value);
    try {
      const section = { ...options, schema: plugin.config, jsonSchema, messages: "foreign" } as const;
      const validated = await validateSection(section, this.#faults);
      if (validated === undefined) return undefined;
      const { directory } = this.#options.lookup;
      const findings = plugin.check?.(validated.value, { directory }) ?? [];
      for (const finding of await withinTime(findings, VALIDATION_TIMEOUT_MS)) {
        reportFinding(section, finding, this.#faults);
      }
      const position = { file: this.#options.file, ...use.at };
      return { use: name, plugin, moduleUrl, options: validated.value, position };
    } catch (cause) {
      const variables = variablesIn(options.node);
      const isSecret = variables.size > 0 || secretTexts(jsonSchema, { ...options, path: [] }).length > 0;
      const why = isSecret ? `its message is withheld since it may show ${secretsNamed(variables)}` : messageOf(cause);
      const message = `the plugin ${quote(name)} failed to check its options: ${why}`;
      const error = new PlinthError("PLUGIN_FAILED", message, isSecret ? {} : { cause });
      this.#faults.add(use.at, options.path, error.message, error);
      return undefined;
    }
  }

  #import(moduleUrl: string, use: string): Promise<LoadedPlugin> {
    const known = this.#byUrl.get(moduleUrl);
    if (known !== undefined) return known;
    const loading = loadPlugin(moduleUrl, use, this.#options.importModule).then((plugin) => {
      return { plugin, moduleUrl, jsonSchema: jsonSchemaOf(plugin, use) };
    });
    this.#byUrl.set(moduleUrl, loading);
    return loading;
  }

  /** Schemas of plugins take numbers; one that no number holds exactly would be changed on the way. */
  #hasExactNumbers({ node, path }: Placed): boolean {
    const inexact = [...scalarsOf(node)].filter((scalar) => typeof scalar.value === "bigint");
    for (const { at, variables, value } of inexact) {
      const shown = variables.size > 0 ? "a larger one from the environment" : value;
      const bound = `±${Number.MAX_SAFE_INTEGER}`;
      this.#faults.add(at, path, `expected whole numbers to ${bound}, got ${shown}; put it in quotes if it is text`);
    }
    return inexact.length === 0;
  }

  #withoutSecrets(error: PlinthError, use: string): PlinthError {
    if (!repeatsValue(error.message, this.#options.secrets)) return error;
    return new PlinthError(
      { code: error.code, reason: error.reason },
      `the plugin ${quote(use)} cannot be used; why is withheld since it shows a value from the environment`,
    );
  }
}

function jsonSchemaOf(plugin: Plugin, use: string): JsonSchema {
  try {
    return inputSchema(plugin.config);
  } catch (cause) {
    throw new PlinthError(
      "PLUGIN_INVALID",
      `${quote(use)} is no plugin that can be used: its \`config\` cannot be given as JSON Schema: ${messageOf(cause)}`,
      { cause },
    );
  }
}
