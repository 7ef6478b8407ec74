import { createReadStream } from "node:fs";
import { dirname, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { importConditions } from "../plugins/import-conditions.js";
import type { ImportModule } from "../plugins/load-plugin.js";
import { FaultList, type Location, quote } from "./config-fault.js";
import { configSettings } from "./config-settings.js";
import { type EffectiveSource, effectiveConfig, effectiveParts } from "./effective-config.js";
import { extensionWords } from "./extension-words.js";
import { CONFIG_GRAMMAR } from "./grammar.js";
import { inputSchema, type JsonSchema, propertiesOf } from "./json-schema.js";
import { checkLabels, checkTargets, modelBackends, modelConfig, pinsOf } from "./model-configs.js";
import { type PlacedUse, PluginUses } from "./plugin-uses.js";
import { MAX_CONFIG_BYTES, readSource } from "./read-source.js";
import type { ModelConfig, ServerConfig } from "./server-config.js";
import {
  childPlaced,
  childrenOf,
  mappingOf,
  type Placed,
  type SourceEntry,
  type SourceMapping,
  treeOf,
  variablesIn,
} from "./source-tree.js";
import { validateSection } from "./validate-section.js";

export interface LoadConfigOptions {
  /** Where `${VAR}` comes from; read only by name. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * Sections to use where the file has none, in the grammar of the file; `${VAR}` means nothing in them. Absent: empty. Words of
   * plugins may be among them.
   */
  readonly defaults: {
    readonly backends?: unknown;
    readonly protocols?: unknown;
    readonly monitors?: unknown;
    readonly [word: string]: unknown;
  };
  /** File URLs of modules from where packages are looked up after the configuration's folder: the program's own. */
  readonly resolveFrom: readonly string[];
  /** Imports a plugin's module. Default: `import`. */
  readonly importModule?: ImportModule;
  /** Which of a package's exports are meant. Default: Node's for `import`, and those that this process was started with. */
  readonly conditions?: Iterable<string>;
}

/**
 * Reads a configuration, imports the plugins that it names, checks all of it, and has plugins look at what their options name. Changes nothing.
 *
 * @param file a path; messages name it as it is given here
 * @throws PlinthError `CONFIG_INVALID` with all that is wrong: one fault a line in the message, as `ConfigFault` in
 * `details.faults`. Where plugins could not be loaded, their errors are the cause. No value of the environment is in it.
 */
export async function loadConfig(file: string, options: LoadConfigOptions): Promise<ServerConfig> {
  return parseConfig(await readText(file), file, options);
}

/** {@link loadConfig} of text that is already read. `file` need not exist; plugins and paths are looked up from its folder. */
export async function parseConfig(text: string, file: string, options: LoadConfigOptions): Promise<ServerConfig> {
  const faults = new FaultList(file);
  const source = readSource(text, options.environment, faults);
  if (source === undefined) throw faults.toError();
  return composeConfig(source, file, faults, options);
}

/**
 * {@link parseConfig} of a tree that was read from something else than YAML. Its places may name files of their own.
 *
 * @param faults those that were found while it was read; they are told together with what is wrong with the whole
 */
export async function composeConfig(
  source: SourceMapping,
  file: string,
  faults: FaultList,
  options: LoadConfigOptions,
): Promise<ServerConfig> {
  const root = withSections(source, options.defaults, faults);
  const directory = dirname(resolve(file));
  const uses = new PluginUses(
    {
      file,
      lookup: {
        directory,
        resolveFrom: options.resolveFrom,
        conditions: new Set(options.conditions ?? importConditions()),
      },
      importModule: options.importModule ?? ((url) => import(url)),
      secrets: [...variablesIn(root).values()],
    },
    faults,
  );

  const extensions = await extensionWords(root, Object.keys(propertiesOf(CORE_SCHEMA)), uses);
  const sections = await validateSection(
    {
      node: extensions.rest,
      keyAt: root.at,
      path: [],
      schema: CONFIG_GRAMMAR,
      jsonSchema: CORE_SCHEMA,
      messages: "own",
    },
    faults,
  );
  const storage = childPlaced(root, [], "storage");
  const storageUse = storage && (await uses.resolve("storage", storage));
  const backends = await uses.resolveAll("backend", placesIn(root, "backends"));
  const protocols = await uses.resolveAll("protocol", placesIn(root, "protocols"));
  const monitors = await uses.resolveAll("monitor", placesIn(root, "monitors"));
  const models = placesIn(root, "models");
  const ownBackends = await modelBackends(models, backends, uses);
  refuseRepeated(backends, faults);
  checkLabels(models, faults);
  checkTargets(models, faults);
  if (!faults.isEmpty || sections === undefined || storageUse === undefined) throw faults.toError();

  const { server, models: served } = sections.value;
  const modelAt = (place: Placed): readonly [string, ModelConfig] => {
    const name = String(place.path.at(-1));
    return [name, modelConfig(served?.get(name), ownBackends.get(name), pinsOf(place, file), directory)];
  };
  const effectiveSource: EffectiveSource = {
    root,
    grammar: CORE_SCHEMA,
    words: extensions.words,
    schemaOf: (kind, use) => uses.loaded(kind, use)?.jsonSchema,
  };
  return {
    file: resolve(file),
    directory,
    server,
    storage: storageUse,
    backends: backends.flatMap(({ plugin }) => plugin ?? []),
    protocols: protocols.flatMap(({ plugin }) => plugin ?? []),
    monitors: monitors.flatMap(({ plugin }) => plugin ?? []),
    extensions: extensions.uses,
    warnings: faults.warnings,
    models: served && new Map(models.map(modelAt)),
    get effective() {
      return effectiveConfig(effectiveSource);
    },
    settings: () =>
      configSettings(effectiveParts(effectiveSource), {
        file,
        isDefault: (section) => !source.entries.has(section),
        backendSchema: (use) => effectiveSource.schemaOf("backend", use),
      }),
    withModels: (models, from) =>
      composeConfig(replaceModels(source, models, from), file, new FaultList(file), options),
  };
}

function replaceModels(root: SourceMapping, models: unknown, from: string): SourceMapping {
  const at = { line: 1, column: 1, file: from };
  return mappingOf(root.at, [...root.entries, ["models", { keyAt: at, node: treeOf(models, at) }]]);
}

const CORE_SCHEMA: JsonSchema = inputSchema(CONFIG_GRAMMAR);

async function readText(file: string): Promise<string> {
  const faults = new FaultList(file);
  try {
    // One byte past the limit, so that what is too large is seen to be.
    const bytes = await buffer(createReadStream(file, { end: MAX_CONFIG_BYTES }));
    if (bytes.length <= MAX_CONFIG_BYTES) return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    faults.add(FILE_START, [], `expected at most ${MAX_CONFIG_BYTES} bytes, got more`);
  } catch (cause) {
    faults.add(FILE_START, [], `cannot be read: ${readFailure(cause)}`);
  }
  throw faults.toError();
}

const FILE_START: Location = { line: 1, column: 1 };

function readFailure(thrown: unknown): string {
  const { code, message } = thrown as { readonly code?: string; readonly message?: string };
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "it is a folder; name the file in it";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "it is not UTF-8";
  return message ?? String(thrown);
}

/** `root` with the sections that the file leaves out. */
function withSections(root: SourceMapping, defaults: LoadConfigOptions["defaults"], faults: FaultList): SourceMapping {
  const entries = new Map<string, SourceEntry>(root.entries);
  for (const section of new Set(["backends", "protocols", "monitors", ...Object.keys(defaults)])) {
    if (entries.has(section)) continue;
    entries.set(section, { keyAt: root.at, node: treeOf(defaults[section] ?? [], root.at) });
    faults.markDefault(section);
  }
  return { ...root, entries };
}

function placesIn(root: SourceMapping, section: string): readonly Placed[] {
  const place = childPlaced(root, [], section);
  return place === undefined ? [] : childrenOf(place);
}

/** The first backend that recognises a version gets it, so the same one further down would never be asked. */
function refuseRepeated(backends: readonly PlacedUse[], faults: FaultList): void {
  const seen = new Set<string>();
  for (const { plugin, path } of backends) {
    if (plugin === undefined) continue;
    if (seen.has(plugin.moduleUrl)) {
      faults.add(
        plugin.position,
        path,
        `the backend ${quote(plugin.use)} stands twice; give options for one model at that model`,
      );
    }
    seen.add(plugin.moduleUrl);
  }
}
