import { DTYPES } from "@plinth/core";
import { z } from "zod";
import { version } from "./resources.js";

/* The documents about how a version is called. Inputs and outputs are lists, since their order is the model's. */

const shape = z
  .array(z.int().min(-1))
  .describe("One entry a dimension, -1 where any length is taken. Absent: every rank is taken.");

const defaultValue = z
  .strictObject({
    shape: z.array(z.int().min(0)),
    values: z
      .array(z.union([z.number(), z.boolean(), z.string(), z.strictObject({ b64: z.string() })]))
      .optional()
      .describe(
        "The elements in row-major order: what JSON's numbers cannot hold as text, bytes that are no UTF-8 as `b64`. Absent where they are many.",
      ),
  })
  .meta({ id: "DefaultValue", description: "What the model is given for an input that a request leaves out." });

const tensorSpec = z
  .strictObject({
    name: z.string(),
    dtype: z.enum(DTYPES).describe("By numpy's name."),
    shape: shape.optional(),
    default: defaultValue.optional().describe("Of an input that may be left out."),
    graphName: z.string().optional().describe("The tensor's name inside the model, where that is another one."),
  })
  .meta({ id: "TensorSpec", description: "One input or output." });

export const signature = z
  .strictObject({
    name: z.string().describe("What a request calls it; `serving_default` is meant where it names none."),
    method: z.string().describe("TensorFlow's method name, as `tensorflow/serving/predict`."),
    inputs: z.array(tensorSpec),
    outputs: z.array(tensorSpec),
    shapes: z
      .enum(["binding", "advisory"])
      .describe("Whether inputs of other shapes are refused, or the shapes are documentation only."),
    streams: z
      .enum(["only", "also"])
      .optional()
      .describe(
        "A request may be answered any number of times: always (`only`), or if that is asked for (`also`). Absent: once.",
      ),
    changesState: z.literal(true).optional().describe("A run changes what later runs answer."),
  })
  .meta({ id: "Signature", description: "One way to call a model." });

export const describedVersion = version
  .extend({
    signatures: z.array(signature).optional().describe("The ways to call it. Absent where it is not in memory."),
  })
  .meta({ id: "DescribedVersion", description: "A version with its signatures." });

export type SignatureDocument = z.output<typeof signature>;
export type TensorSpecDocument = z.output<typeof tensorSpec>;
export type DescribedVersion = z.output<typeof describedVersion>;
