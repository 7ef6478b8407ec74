import { expect, test } from "vitest";
import { z } from "zod";
import { configSchema } from "../../../src/kernel/config/config-schema.js";
import { FAKE_PLUGINS, fakePlugin } from "./fake-plugins.js";

type Schema = { readonly [key: string]: unknown };

const plugin = (name: string) => FAKE_PLUGINS[name] ?? expect.fail(`no fake ${name}`);
const schema = configSchema([
  { kind: "storage", use: "disk", plugin: plugin("@plinth/storage-disk") },
  { kind: "backend", use: "onnx", plugin: plugin("@plinth/backend-onnx") },
  { kind: "backend", use: "@other/backend", plugin: plugin("@plinth/backend-tfjs") },
]);

test("is a JSON Schema of draft 2020-12 with all sections, of which only the storage is required", () => {
  expect(schema).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    additionalProperties: false,
    required: ["storage"],
  });
  expect(Object.keys(at("properties")).toSorted()).toEqual([
    "backends",
    "models",
    "monitors",
    "protocols",
    "server",
    "storage",
  ]);
});

test("has help for every key of core", () => {
  const undescribed: string[] = [];
  const visit = (part: unknown, path: string) => {
    if (typeof part !== "object" || part === null) return;
    for (const [key, child] of Object.entries(part)) {
      if (key === "properties") {
        for (const [name, property] of Object.entries(child as Record<string, Schema>)) {
          if (typeof property.description !== "string") undescribed.push(`${path}.${name}`);
        }
      }
      visit(child, `${path}.${key}`);
    }
  };
  visit(configSchema([]), "");
  expect(undescribed).toEqual([]);
});

test("tells defaults and bounds", () => {
  expect(at("properties", "server", "properties", "pollIntervalMs")).toMatchObject({
    type: "integer",
    default: 1000,
    minimum: 0,
    maximum: 86_400_000,
  });
  expect(at("properties", "server", "properties", "limits", "properties", "maxRequestBytes")).toMatchObject({
    default: 67_108_864,
  });
});

test("knows the options of a plugin by its use", () => {
  expect(at("properties", "storage")).toMatchObject({ $ref: "#/$defs/storage" });
  expect(at("properties", "backends", "items")).toEqual({ $ref: "#/$defs/backend" });
  expect(at("$defs", "storage", "anyOf", "0")).toEqual({ $ref: "#/$defs/storage-disk" });
  expect(at("$defs", "storage-disk")).toMatchObject({
    type: "object",
    properties: { use: { const: "disk" }, root: { type: "string", description: "Folder of the models." } },
    required: ["use", "root"],
    additionalProperties: false,
  });
});

test("lets other plugins be named with any options", () => {
  const others = at("$defs", "backend", "anyOf") as unknown as readonly Schema[];
  expect(others.at(-1)).toMatchObject({
    type: "object",
    properties: { use: { type: "string", not: { enum: ["onnx", "@other/backend"] } } },
    required: ["use"],
  });
  expect(others.at(-1)).not.toHaveProperty("additionalProperties");
});

test("takes a backend of one model by name or with some of its options", () => {
  const model = at("properties", "models", "additionalProperties", "anyOf", "0", "properties", "backend");
  expect(model).toMatchObject({ $ref: "#/$defs/model-backend" });
  expect(at("$defs", "model-backend", "anyOf", "0")).toMatchObject({
    type: "string",
    examples: ["onnx", "@other/backend"],
  });
  expect(at("$defs", "model-backend", "anyOf", "1")).toMatchObject({
    properties: { use: { const: "onnx" } },
    required: ["use"],
  });
});

test("has no reference that leads nowhere, also of plugins whose schemas refer to themselves", () => {
  const tree = z.strictObject({
    get children() {
      return z.array(tree).optional();
    },
    choice: z
      .discriminatedUnion("kind", [z.strictObject({ kind: z.literal("a") }), z.strictObject({ kind: z.literal("b") })])
      .optional(),
  });
  const composed = configSchema([
    { kind: "storage", use: "tree", plugin: fakePlugin("tree", z.strictObject({ top: tree.meta({ id: "Tree" }) })) },
    { kind: "backend", use: "@scope/a~b", plugin: plugin("@plinth/backend-tfjs") },
  ]);
  const references = [...JSON.stringify(composed).matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) =>
    String(reference),
  );
  expect(references.length).toBeGreaterThan(6);
  for (const reference of references) expect(resolvePointer(composed, reference), reference).toBeTypeOf("object");
});

function at(...path: readonly string[]): Schema {
  return path.reduce<Schema>((part, key) => part[key] as Schema, schema);
}

function resolvePointer(root: Schema, reference: string): unknown {
  const steps = decodeURIComponent(reference.slice(1)).split("/").slice(1);
  return steps.reduce<unknown>(
    (part, step) => (part as Schema | undefined)?.[step.replaceAll("~1", "/").replaceAll("~0", "~")],
    root,
  );
}
