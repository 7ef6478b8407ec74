import { Document, Scalar } from "yaml";
import type { PluginKind } from "../plugins/resolve-plugin.js";
import { isSchema, type JsonSchema, propertiesOf, schemasAt } from "./json-schema.js";
import { childOf, type SourceEntry, type SourceMapping, type SourceNode, treeOf } from "./source-tree.js";

const KIND_OF_SECTION: ReadonlyMap<string, PluginKind> = new Map([
  ["storage", "storage"],
  ["backends", "backend"],
  ["protocols", "protocol"],
  ["monitors", "monitor"],
]);

/**
 * The whole configuration with its defaults, as YAML that reads back the same. References to the environment stand as they
 * were written, and defaults are taken from JSON Schemas alone: what a plugin makes of its options may hold what the
 * environment gave.
 *
 * @param words top-level words that plugins own
 * @param schemaOf the JSON Schema of a plugin's options, for those that are known
 */
export function effectiveConfig(
  root: SourceMapping,
  grammar: JsonSchema,
  words: readonly string[],
  schemaOf: (kind: PluginKind, use: unknown) => JsonSchema | undefined,
): string {
  const filled = fill(root, grammar, []);
  const entries = new Map<string, unknown>();
  for (const section of Object.keys(propertiesOf(grammar))) {
    const node = childOf(filled, section)?.node;
    if (node === undefined) continue;
    const kind = KIND_OF_SECTION.get(section);
    entries.set(section, yamlValue(kind === undefined ? node : fillPlugins(node, (use) => schemaOf(kind, use))));
  }
  for (const word of words) {
    const node = childOf(root, word)?.node;
    const use = node && childOf(node, "use")?.node;
    const schema = schemaOf("extension", use?.kind === "scalar" ? use.value : word);
    if (node !== undefined) entries.set(word, yamlValue(schema === undefined ? node : fill(node, schema, [])));
  }
  const document = new Document(entries, { version: "1.2", schema: "core", aliasDuplicateObjects: false });
  return document.toString({ lineWidth: 0 });
}

function fillPlugins(node: SourceNode, schemaOf: (use: unknown) => JsonSchema | undefined): SourceNode {
  if (node.kind === "list") return { ...node, items: node.items.map((item) => fillPlugins(item, schemaOf)) };
  const use = childOf(node, "use")?.node;
  const schema = use?.kind === "scalar" ? schemaOf(use.value) : undefined;
  return schema === undefined ? node : fill(node, schema, []);
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
    if (!entries.has(key) && value !== undefined) entries.set(key, { keyAt: node.at, node: treeOf(value, node.at) });
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
