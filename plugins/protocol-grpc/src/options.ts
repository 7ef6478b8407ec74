import { z } from "zod";

/** TensorFlow Serving's gRPC port. */
const DEFAULT_PORT = 8500;

export interface GrpcOptions {
  /** Port to listen on; 0 takes any that is free. */
  readonly port: number;
  /** Where replies of TensorFlow Serving's Predict have the elements of their tensors. */
  readonly replies: "values" | "content";
}

export const grpcOptions: z.ZodType<GrpcOptions> = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(DEFAULT_PORT)
    .describe(`Port to listen on; 0 takes any that is free. Default: ${DEFAULT_PORT}`),
  replies: z
    .enum(["values", "content"])
    .default("values")
    .describe(
      "Where replies of TensorFlow Serving's Predict have the elements of their tensors: `values` in the field of their type, as " +
        "float_val, `content` in tensor_content, which is shorter for whole numbers. Default: values",
    ),
});
