import { z } from "zod";
import type { NamedSchemas } from "../http/openapi.js";

/*
 * What the Open Inference Protocol sends and takes over REST, for people and for programs that generate clients: the OpenAPI document is
 * made from these. Requests are read by `decode.ts` and `generate.ts`, which also take `NaN` and infinities as numbers; answers may hold them.
 */

/** Schemas that the document has by name. */
export const OPEN_INFERENCE_SCHEMAS: NamedSchemas = z.registry();

const datatype = z.string().describe("As `FP32`, and `BYTES` for strings.");

const parameters = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .register(OPEN_INFERENCE_SCHEMAS, { id: "Parameters", description: "Those that mean nothing here are passed over." });

const element = z.union([
  z.number(),
  z.string(),
  z.boolean(),
  z.strictObject({ b64: z.string().meta({ contentEncoding: "base64" }) }),
]);

const data: z.ZodType = z
  .array(z.union([element, z.lazy(() => data)]))
  .register(OPEN_INFERENCE_SCHEMAS, { id: "TensorData", description: "Row-major: flat, or nested as the shape says." });

const shape = z.array(z.int().min(0));

const tensor = { name: z.string(), datatype, shape, parameters: parameters.optional(), data: data.optional() };

const tensors = z.array(z.looseObject(tensor)).register(OPEN_INFERENCE_SCHEMAS, {
  id: "Tensors",
  description: "Each with `data`, or with the parameter `binary_data_size` where its bytes follow the JSON.",
});

z.looseObject({
  id: z.string().optional().describe("Comes back with the answer."),
  parameters: parameters.optional(),
  inputs: tensors,
  outputs: z
    .array(z.looseObject({ name: z.string(), parameters: parameters.optional() }))
    .optional()
    .describe("Default: all of them."),
}).register(OPEN_INFERENCE_SCHEMAS, {
  id: "InferRequest",
  examples: [{ inputs: [{ name: "x", datatype: "FP32", shape: [2], data: [1, 2] }] }],
});

const answered = { model_name: z.string(), model_version: z.string(), id: z.string().optional() };

z.strictObject({ ...answered, outputs: tensors }).register(OPEN_INFERENCE_SCHEMAS, { id: "InferAnswer" });

const value: z.ZodType = z.union([element, data]).register(OPEN_INFERENCE_SCHEMAS, { id: "GenerateValue" });

z.record(z.string(), z.union([value, parameters])).register(OPEN_INFERENCE_SCHEMAS, {
  id: "GenerateRequest",
  description: "A value for each input by its name, beside `id` and `parameters`.",
  examples: [{ x: [1, 2] }],
});

z.looseObject(answered).register(OPEN_INFERENCE_SCHEMAS, {
  id: "GenerateAnswer",
  description: "With a value for each output by its name.",
});

z.strictObject({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }).register(
  OPEN_INFERENCE_SCHEMAS,
  {
    id: "ServerMetadata",
  },
);

const tensorMetadata = z.strictObject({ name: z.string(), datatype, shape: z.array(z.int().min(-1)) });

z.strictObject({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(tensorMetadata),
  outputs: z.array(tensorMetadata),
}).register(OPEN_INFERENCE_SCHEMAS, {
  id: "OpenModelMetadata",
  description: "Of the signature that a request means which names none.",
});

const ready = z.boolean();

z.strictObject({ live: z.boolean() }).register(OPEN_INFERENCE_SCHEMAS, { id: "Live" });

z.strictObject({ ready, error: z.string().optional() }).register(OPEN_INFERENCE_SCHEMAS, { id: "Ready" });

z.strictObject({ name: z.string(), ready }).register(OPEN_INFERENCE_SCHEMAS, { id: "ModelReady" });

z.strictObject({ models: z.array(z.string()) }).register(OPEN_INFERENCE_SCHEMAS, { id: "ModelNames" });

const configTensor = z.looseObject({ name: z.string(), data_type: z.string(), dims: z.array(z.int()) });

z.looseObject({
  name: z.string(),
  platform: z.string(),
  backend: z.string(),
  max_batch_size: z.int(),
  input: z.array(configTensor),
  output: z.array(configTensor),
}).register(OPEN_INFERENCE_SCHEMAS, { id: "ModelConfig", description: "In the words of Triton's configuration." });

const duration = z.strictObject({ count: z.int().min(0), ns: z.int().min(0) });

const computed = { compute_input: duration, compute_infer: duration, compute_output: duration };

z.strictObject({
  model_stats: z.array(
    z.strictObject({
      name: z.string(),
      version: z.string(),
      last_inference: z.int().describe("Milliseconds since 1970; 0 before the first."),
      inference_count: z.int(),
      execution_count: z.int(),
      inference_stats: z.strictObject({
        success: duration,
        fail: duration,
        queue: duration,
        ...computed,
        cache_hit: duration,
        cache_miss: duration,
      }),
      response_stats: z.looseObject({}),
      batch_stats: z.array(z.strictObject({ batch_size: z.int(), ...computed })),
      memory_usage: z.array(z.never()),
    }),
  ),
}).register(OPEN_INFERENCE_SCHEMAS, { id: "Statistics" });

z.strictObject({ ready: z.boolean().optional().describe("Only what would answer.") }).register(OPEN_INFERENCE_SCHEMAS, {
  id: "IndexRequest",
});

z.array(
  z.strictObject({
    name: z.string(),
    version: z.string().optional(),
    state: z.enum(["READY", "UNAVAILABLE", "LOADING", "UNLOADING"]).optional(),
    reason: z.string().optional(),
  }),
).register(OPEN_INFERENCE_SCHEMAS, { id: "RepositoryIndex" });

z.looseObject({ parameters: z.looseObject({}).optional() }).register(OPEN_INFERENCE_SCHEMAS, {
  id: "RepositoryRequest",
  description: "The parameters `config` and `file:…` are refused.",
});

z.looseObject({ name: z.string() }).register(OPEN_INFERENCE_SCHEMAS, { id: "RepositoryAnswer" });

z.record(z.string(), z.unknown()).register(OPEN_INFERENCE_SCHEMAS, {
  id: "Settings",
  description: "By name. They are told, and cannot be changed here.",
});

z.array(z.never()).register(OPEN_INFERENCE_SCHEMAS, { id: "MemoryRegions", description: "There are none." });

z.strictObject({}).register(OPEN_INFERENCE_SCHEMAS, { id: "Nothing" });
