import type { OptionsSchema } from "../../extension-points/plugin.js";
import type { ConfigPath } from "./config-fault.js";

/** A JSON Schema, or a part of one: https://json-schema.org/draft/2020-12/schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema of what a schema takes in. What JSON cannot express is left open where the schema's library can do so.
 *
 * @throws whatever the library throws where it has no JSON Schema for it.
 */
export function inputSchema(schema: OptionsSchema<unknown>): JsonSchema {
  return schema["~standard"].jsonSchema.input({
    target: "draft-2020-12",
    libraryOptions: { unrepresentable: "any" },
  });
}

/** The parts of `root` that describe what stands at `path`: several where it is a choice, none where nothing is known. */
export function schemasAt(root: JsonSchema, path: ConfigPath): readonly JsonSchema[] {
  let schemas = alternatives(root, root);
  for (const step of path) {
    schemas = schemas.flatMap((schema) => childSchemas(root, schema, step));
  }
  return schemas;
}

/**
 * Every part of `root` that says something of what stands at `path`: beside those of {@link schemasAt} the references and choices by which they
 * are reached, where marks may stand as well.
 */
export function everySchemaAt(root: JsonSchema, path: ConfigPath): readonly JsonSchema[] {
  let schemas = everyPart(root, root);
  for (const step of path) {
    schemas = schemas.flatMap((schema) => everyChild(schema, step).flatMap((child) => everyPart(root, child)));
  }
  return schemas;
}

/** The keys that a mapping at `path` may have; `undefined` where it may have others than its schema names. */
export function closedKeysAt(root: JsonSchema, path: ConfigPath): readonly string[] | undefined {
  const mappings = schemasAt(root, path).filter((schema) => schema.type === "object");
  if (mappings.length === 0 || mappings.some((schema) => schema.additionalProperties !== false)) return undefined;
  return [...new Set(mappings.flatMap((schema) => Object.keys(propertiesOf(schema))))];
}

export function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return isSchema(schema.properties) ? (schema.properties as Record<string, JsonSchema>) : {};
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function childSchemas(root: JsonSchema, schema: JsonSchema, step: string | number): readonly JsonSchema[] {
  const properties = propertiesOf(schema);
  const child =
    typeof step === "number"
      ? schema.items
      : Object.hasOwn(properties, step)
        ? properties[step]
        : schema.additionalProperties;
  return isSchema(child) ? alternatives(root, child) : [];
}

/** As {@link childSchemas}, also those that a list names by position, or a mapping by a pattern. */
function everyChild(schema: JsonSchema, step: string | number): readonly JsonSchema[] {
  if (typeof step === "number") {
    const named = Array.isArray(schema.prefixItems) ? schema.prefixItems[step] : undefined;
    return [named ?? schema.items].filter(isSchema);
  }
  const properties = propertiesOf(schema);
  const patterns = isSchema(schema.patternProperties) ? Object.entries(schema.patternProperties) : [];
  const matching = patterns.filter(([pattern]) => new RegExp(pattern, "u").test(step)).map(([, child]) => child);
  const named = Object.hasOwn(properties, step) ? [properties[step]] : [];
  const all = [...named, ...matching];
  return (all.length > 0 ? all : [schema.additionalProperties]).filter(isSchema);
}

/** `schema`, what it refers to, and everything that it is a choice or a combination of. */
function everyPart(root: JsonSchema, schema: JsonSchema, depth = 0): readonly JsonSchema[] {
  if (depth > MAX_DEPTH) return [];
  const target = typeof schema.$ref === "string" ? resolvePointer(root, schema.$ref) : undefined;
  const parts = [schema.anyOf, schema.oneOf, schema.allOf].filter(Array.isArray).flat().filter(isSchema);
  return [
    schema,
    ...[...parts, ...(target === undefined ? [] : [target])].flatMap((part) => everyPart(root, part, depth + 1)),
  ];
}

const MAX_DEPTH = 16;

/** `schema` with references followed and choices taken apart. */
function alternatives(root: JsonSchema, schema: JsonSchema, depth = 0): readonly JsonSchema[] {
  if (depth > MAX_DEPTH) return [];
  if (typeof schema.$ref === "string") {
    const target = resolvePointer(root, schema.$ref);
    return target === undefined ? [] : alternatives(root, target, depth + 1);
  }
  const choices = [schema.anyOf, schema.oneOf].find(Array.isArray);
  if (choices === undefined) return [schema];
  return choices.filter(isSchema).flatMap((choice) => alternatives(root, choice, depth + 1));
}

function resolvePointer(root: JsonSchema, reference: string): JsonSchema | undefined {
  if (!reference.startsWith("#")) return undefined;
  let target: unknown = root;
  for (const step of reference.slice(1).split("/").slice(1)) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    target = isSchema(target) && Object.hasOwn(target, key) ? target[key] : undefined;
  }
  return isSchema(target) ? target : undefined;
}
