import type { Plugin } from "../../extension-points/plugin.js";
import { PLUGIN_KINDS, type PluginKind } from "../plugins/resolve-plugin.js";
import { CONFIG_GRAMMAR } from "./grammar.js";
import { inputSchema, isSchema, type JsonSchema, propertiesOf } from "./json-schema.js";

/** A plugin as the configuration would name it. */
export interface KnownPlugin {
  readonly kind: PluginKind;
  /** As `disk`. */
  readonly use: string;
  readonly plugin: Plugin;
}

/**
 * The JSON Schema (draft 2020-12) of a configuration with these plugins, for editors: what may stand beside a `use` depends on
 * the plugin that it names. Other plugins may be named too; their options are not checked.
 *
 * A value may also be a text with `${VAR}` where the schema wants a number; that an editor will mark.
 *
 * @throws whatever the library of a plugin's schema throws where it has no JSON Schema for it.
 */
export function configSchema(plugins: readonly KnownPlugin[]): Record<string, unknown> {
  const grammar = inputSchema(CONFIG_GRAMMAR);
  const { storage, backends, protocols, monitors, models, ...others } = propertiesOf(grammar);
  const definitions: Record<string, JsonSchema> = {};
  for (const { kind, use, plugin } of plugins) {
    const { $schema: _, ...options } = inputSchema(plugin.config);
    definitions[`${kind}-${use}`] = rebased(
      kind === "extension" ? { title: plugin.name, ...options } : beside(use, options, plugin.name),
      `#/$defs/${pointerStep(`${kind}-${use}`)}`,
    );
  }
  for (const kind of PLUGIN_KINDS.filter((each) => each !== "extension")) definitions[kind] = anyOfKind(kind, plugins);
  definitions["model-backend"] = modelBackend(plugins, definitions);
  const required = (grammar.required as readonly string[]).filter((key) => key === "storage");
  return {
    ...grammar,
    title: "Plinth configuration",
    properties: {
      ...others,
      storage: { ...described(storage), $ref: "#/$defs/storage" },
      backends: listOf("backend", backends),
      protocols: listOf("protocol", protocols),
      monitors: listOf("monitor", monitors),
      models: withModelBackend(models),
      ...Object.fromEntries(usesOf("extension", plugins).map((word) => [word, extensionWord(word)])),
    },
    required,
    $defs: definitions,
  };
}

/** The top-level word that a plugin owns: its options, nothing for all defaults, or `false`. */
function extensionWord(word: string): JsonSchema {
  return { anyOf: [{ $ref: `#/$defs/${pointerStep(`extension-${word}`)}` }, { type: "null" }, { const: false }] };
}

function listOf(kind: PluginKind, section: JsonSchema | undefined): JsonSchema {
  return { ...described(section), type: "array", items: { $ref: `#/$defs/${kind}` } };
}

function described(schema: JsonSchema | undefined): JsonSchema {
  return { description: schema?.description };
}

/** The plugin's options with `use` beside them. */
function beside(use: string, options: JsonSchema, title: string): JsonSchema {
  const choice = (["anyOf", "oneOf"] as const).find((key) => Array.isArray(options[key]));
  if (choice !== undefined) {
    const branches = (options[choice] as readonly JsonSchema[]).map((branch) => beside(use, branch, title));
    return { ...options, title, [choice]: branches };
  }
  const required = Array.isArray(options.required) ? options.required : [];
  return {
    title,
    ...options,
    properties: { use: { const: use, description: `The plugin ${title}.` }, ...propertiesOf(options) },
    required: ["use", ...required],
  };
}

/** One of the known plugins of the kind with its options, or another one with any. */
function anyOfKind(kind: PluginKind, plugins: readonly KnownPlugin[]): JsonSchema {
  const known = usesOf(kind, plugins);
  return {
    anyOf: [...known.map((use) => ({ $ref: `#/$defs/${pointerStep(`${kind}-${use}`)}` })), another(kind, known)],
  };
}

function another(kind: PluginKind, known: readonly string[]): JsonSchema {
  return {
    type: "object",
    title: `Another ${kind}`,
    properties: {
      use: {
        type: "string",
        minLength: 1,
        ...(known.length > 0 && { not: { enum: known } }),
        description: "A short name, the name of an npm package, or a path that begins with `./`.",
      },
    },
    required: ["use"],
  };
}

function usesOf(kind: PluginKind, plugins: readonly KnownPlugin[]): readonly string[] {
  return plugins.filter((plugin) => plugin.kind === kind).map(({ use }) => use);
}

/** For one model no option is required: the others are those of the `backends` section. */
function modelBackend(plugins: readonly KnownPlugin[], definitions: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const backends = usesOf("backend", plugins);
  const own = backends.map((use) => ({ ...definitions[`backend-${use}`], required: ["use"] }));
  return { anyOf: [{ type: "string", minLength: 1, examples: backends }, ...own, another("backend", backends)] };
}

function withModelBackend(models: JsonSchema | undefined): JsonSchema {
  const patched = (schema: JsonSchema): JsonSchema => {
    if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: schema.anyOf.map(patched) };
    const { backend, ...others } = propertiesOf(schema);
    if (backend === undefined) return schema;
    return { ...schema, properties: { backend: { ...described(backend), $ref: "#/$defs/model-backend" }, ...others } };
  };
  return { ...models, additionalProperties: patched((models?.additionalProperties ?? {}) as JsonSchema) };
}

/** `schema` with its references inside itself pointing to where it was moved. */
function rebased(schema: JsonSchema, pointer: string): JsonSchema {
  const entries = Object.entries(schema).map(([key, value]) => {
    if (key === "$ref" && typeof value === "string" && value.startsWith("#")) return [key, pointer + value.slice(1)];
    return [key, rebasedValue(value, pointer)];
  });
  return Object.fromEntries(entries);
}

function rebasedValue(value: unknown, pointer: string): unknown {
  if (Array.isArray(value)) return value.map((item) => rebasedValue(item, pointer));
  return isSchema(value) ? rebased(value, pointer) : value;
}

function pointerStep(key: string): string {
  return encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));
}
