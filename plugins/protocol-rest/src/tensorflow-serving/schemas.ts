import { CLASSIFY_METHOD, REGRESS_METHOD } from "@plinth/tf-example";
import { z } from "zod";
import type { NamedSchemas } from "../http/openapi.js";

/*
 * What TensorFlow Serving's REST API sends and takes, for people and for programs that generate clients: the OpenAPI document is made from
 * these. Requests are read by `decode.ts` and `decode-examples.ts`, which also take `NaN` and infinities as numbers; answers may hold them.
 */

/** Schemas that the document has by name. */
export const SERVING_SCHEMAS: NamedSchemas = z.registry();

const base64 = z
  .strictObject({ b64: z.string().meta({ contentEncoding: "base64" }) })
  .register(SERVING_SCHEMAS, { id: "Bytes", description: "Bytes in base64." });

const scalar = z.union([z.number(), z.string(), z.boolean(), base64]);

const tensorValue: z.ZodType = z
  .union([scalar, z.array(z.lazy(() => tensorValue))])
  .register(SERVING_SCHEMAS, { id: "TensorValue", description: "A scalar, or nested lists of equal lengths." });

const instance = z.union([tensorValue, z.record(z.string(), tensorValue)]);

const signatureName = z.string().optional().describe("Default: `serving_default`.");

z.union([
  z.looseObject({ signature_name: signatureName, instances: z.array(instance).min(1) }).describe("Row format."),
  z.looseObject({ signature_name: signatureName, inputs: instance }).describe("Columnar format."),
]).register(SERVING_SCHEMAS, {
  id: "PredictRequest",
  description:
    "Either `instances`, each with the values of all inputs, or `inputs`, each with the values of all instances.",
  examples: [{ instances: [{ x: [1, 2] }] }, { inputs: { x: [[1, 2]] } }],
});

z.union([
  z.strictObject({ predictions: z.array(instance) }).describe("To row format."),
  z.strictObject({ outputs: instance }).describe("To columnar format."),
]).register(SERVING_SCHEMAS, { id: "PredictAnswer" });

const feature = z.union([scalar, z.array(scalar)]).register(SERVING_SCHEMAS, {
  id: "Feature",
  description:
    "A value or a list of values of one kind: whole numbers and booleans are int64, numbers with a point or an exponent float, text and bytes are bytes.",
});

const example = z
  .record(z.string(), feature)
  .register(SERVING_SCHEMAS, { id: "Example", description: "A `tf.Example`: features by name." });

const examples = {
  context: example.optional().describe("Features of all examples that do not have them."),
  examples: z.array(example).min(1),
};

z.looseObject({ signature_name: signatureName, ...examples }).register(SERVING_SCHEMAS, {
  id: "ExampleRequest",
  examples: [{ signature_name: "serving_default", examples: [{ x: 2.5, name: "a" }] }],
});

const classifications = z
  .array(z.array(z.tuple([z.union([z.string(), base64]), z.number()])))
  .register(SERVING_SCHEMAS, {
    id: "Classifications",
    description: "For each example its classes, each with label and score.",
  });

const regressions = z
  .array(z.number())
  .register(SERVING_SCHEMAS, { id: "Regressions", description: "A value for each example." });

z.strictObject({ results: classifications }).register(SERVING_SCHEMAS, { id: "ClassifyAnswer" });

z.strictObject({ results: regressions }).register(SERVING_SCHEMAS, { id: "RegressAnswer" });

const task = z.looseObject({
  signature_name: signatureName,
  method_name: z
    .enum([CLASSIFY_METHOD, REGRESS_METHOD])
    .optional()
    .describe("Default: the signature's own, where it is one of these."),
});

z.looseObject({ tasks: z.array(task).min(1), ...examples }).register(SERVING_SCHEMAS, {
  id: "MultiInferenceRequest",
  description: "Several signatures of one version, each at most once, over the same examples.",
});

z.strictObject({
  results: z.array(
    z.union([
      z.strictObject({ signature_name: z.string(), method_name: z.literal(CLASSIFY_METHOD), results: classifications }),
      z.strictObject({ signature_name: z.string(), method_name: z.literal(REGRESS_METHOD), results: regressions }),
    ]),
  ),
}).register(SERVING_SCHEMAS, { id: "MultiInferenceAnswer", description: "In the order of the tasks." });

const versionStatuses = z
  .array(
    z.strictObject({
      version: z.string().describe("Its number, in decimal."),
      state: z.enum(["START", "LOADING", "AVAILABLE", "UNLOADING", "END"]),
      status: z.strictObject({ error_code: z.string(), error_message: z.string() }),
    }),
  )
  .register(SERVING_SCHEMAS, { id: "VersionStatuses", description: "Newest first." });

z.strictObject({ model_version_status: versionStatuses }).register(SERVING_SCHEMAS, { id: "ModelStatus" });

z.strictObject({
  models: z.array(z.strictObject({ name: z.string(), model_version_status: versionStatuses })),
}).register(SERVING_SCHEMAS, { id: "ModelList" });

const tensorInfo = z.strictObject({
  dtype: z.string().describe("As `DT_FLOAT`."),
  tensor_shape: z.strictObject({
    dim: z.array(z.strictObject({ size: z.string(), name: z.string() })),
    unknown_rank: z.boolean(),
  }),
  name: z.string(),
});

const signatureDef = z.strictObject({
  inputs: z.record(z.string(), tensorInfo),
  outputs: z.record(z.string(), tensorInfo),
  method_name: z.string(),
  defaults: z.record(z.string(), z.unknown()),
});

z.strictObject({
  model_spec: z.strictObject({ name: z.string(), signature_name: z.string(), version: z.string() }),
  metadata: z.strictObject({
    signature_def: z.strictObject({ signature_def: z.record(z.string(), signatureDef) }),
  }),
}).register(SERVING_SCHEMAS, { id: "ModelMetadata", description: "The doubled key is TensorFlow Serving's own." });

z.strictObject({ error: z.string() }).register(SERVING_SCHEMAS, {
  id: "Error",
  description: "What was expected, what came, and the likely fix.",
});
