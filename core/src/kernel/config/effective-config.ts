import { Document, Scalar } from "yaml";
import type { PluginKind } from "../plugins/resolve-plugin.js";
import type { ConfigPath, Location } from "./config-fault.js";
import { isSchema, type JsonSchema, propertiesOf, schemasAt } from "./json-schema.js";
import { childOf, type SourceEntry, type SourceMapping, type SourceNode, treeOf } from "./source-tree.js";

const KIND_OF_SECTION: ReadonlyMap<string, PluginKind> = new Map([
  ["storage", "storage"],
  ["backends", "backend"],
  ["protocols", "protocol"],
  ["monitors", "monitor"],
]);

/** Where values stand that were filled in, and are in no file. */
export const FILLED_IN: Location = { line: 0, column: 0 };

/** A part of the configuration with every default, and the schema that describes it, where one is known. */
export interface EffectivePart {
  readonly path: ConfigPath;
  readonly node: SourceNode;
  /** Describes {@link node} at {@link within} of it. */
  readonly schema: JsonSchema | undefined;
  readonly within: ConfigPath;
}

/** What {@link effectiveParts} is made of. */
export interface EffectiveSource {
  readonly root: SourceMapping;
  readonly grammar: JsonSchema;
  /** Top-level words that plugins own. */
  readonly words: readonly string[];
  /** The JSON Schema of a plugin's options, for those that are known. */
  readonly schemaOf: (kind: PluginKind, use: unknown) => JsonSchema | undefined;
}

/**
 * The whole configuration with its defaults. These are taken from JSON Schemas alone: what a plugin makes of its options may hold what the
 * environment gave.
 */
export function effectiveParts({ root, grammar, words, schemaOf }: EffectiveSource): readonly EffectivePart[] {
  const filled = fill(root, grammar, []);
  const sections = Object.keys(propertiesOf(grammar)).flatMap((section): readonly EffectivePart[] => {
    const node = childOf(filled, section)?.node;
    if (node === undefined) return [];
    const kind = KIND_OF_SECTION.get(section);
    if (kind === undefined) return [{ path: [section], node, schema: grammar, within: [section] }];
    return pluginParts(node, [section], (use) => schemaOf(kind, use));
  });
  const extensions = words.flatMap((word): readonly EffectivePart[] => {
    const node = childOf(root, word)?.node;
    if (node === undefined) return [];
    const use = childOf(node, "use")?.node;
    const schema = schemaOf("extension", use?.kind === "scalar" ? use.value : word);
    return [{ path: [word], node: schema === undefined ? node : fill(node, schema, []), schema, within: [] }];
  });
  return [...sections, ...extensions];
}

/** The whole configuration with its defaults, as YAML that reads back the same. References to the environment stand as they were written. */
export function effectiveConfig(source: EffectiveSource): string {
  const entries = new Map<string, unknown>();
  for (const { path, node } of effectiveParts(source)) {
    const [section, index] = path;
    if (index === undefined) entries.set(String(section), yamlValue(node));
    else entries.set(String(section), [...((entries.get(String(section)) as unknown[]) ?? []), yamlValue(node)]);
  }
  const document = new Document(entries, { version: "1.2", schema: "core", aliasDuplicateObjects: false });
  return document.toString({ lineWidth: 0 });
}

/** The plugin of a section, or each of its list; an empty list is a part of its own. */
function pluginParts(
  node: SourceNode,
  path: ConfigPath,
  schemaOf: (use: unknown) => JsonSchema | undefined,
): readonly EffectivePart[] {
  if (node.kind === "list" && node.items.length > 0) {
    return node.items.flatMap((item, index) => pluginParts(item, [...path, index], schemaOf));
  }
  const use = childOf(node, "use")?.node;
  const schema = use?.kind === "scalar" ? schemaOf(use.value) : undefined;
  return [{ path, node: schema === undefined ? node : fill(node, schema, []), schema, within: [] }];
}

/** `node` with the defaults of the schema at `path` of `root`. */
function fill(node: SourceNode, root: JsonSchema, path: readonly (string | number)[]): SourceNode {
  if (node.kind === "list") {
    return { ...node, items: node.items.map((item, index) => fill(item, root, [...path, index])) };
  }
  const schema = schemasAt(root, path).find(({ type }) => type === "object");
  const isEmpty = node.kind === "scalar" && node.value === null && !node.hasReference;
  if (schema === undefined || (node.kind === "scalar" && !isEmpty)) return node;
  const entries = new Map<string, SourceEntry>(node.kind === "mapping" ? node.entries : []);
  for (const [key, property] of Object.entries(propertiesOf(schema))) {
    const value = defaultOf(property);
    if (!entries.has(key) && value !== undefined)
      entries.set(key, { keyAt: FILLED_IN, node: treeOf(value, FILLED_IN) });
  }
  const filled = [...entries].map(
    ([key, entry]) => [key, { ...entry, node: fill(entry.node, root, [...path, key]) }] as const,
  );
  return { kind: "mapping", at: node.at, entries: new Map(filled) };
}

function defaultOf(property: unknown): unknown {
  return isSchema(property) ? property.default : undefined;
}

function yamlValue(node: SourceNode): unknown {
  if (node.kind === "list") return node.items.map(yamlValue);
  if (node.kind === "mapping") return new Map([...node.entries].map(([key, entry]) => [key, yamlValue(entry.node)]));
  if (!node.hasReference && typeof node.value !== "string") return node.value;
  const scalar = new Scalar(node.written);
  scalar.type = node.isQuoted ? Scalar.QUOTE_DOUBLE : Scalar.PLAIN;
  return scalar;
}
