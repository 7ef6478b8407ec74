import { createRequire } from "node:module";
import type { Route } from "@plinth/core";
import { z } from "zod";

/** TensorFlow Serving's gRPC port. */
const DEFAULT_PORT = 8500;

const { version: VERSION } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

export interface GrpcOptions {
  /** Port to listen on; 0 takes any that is free. */
  readonly port: number;
  /** Where replies of TensorFlow Serving's Predict have the elements of their tensors. */
  readonly replies: "values" | "content";
  /** What the server calls itself in `ServerMetadata`, and the version that it says. */
  readonly serverName: string;
  readonly serverVersion: string;
  /** Who may load and unload models and change settings. */
  readonly repositoryAccess: Route["access"];
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
  serverName: z
    .string()
    .min(1)
    .default("plinth")
    .describe("What the server calls itself in ServerMetadata; some clients of Triton want triton. Default: plinth"),
  serverVersion: z
    .string()
    .min(1)
    .default(VERSION)
    .describe("The version that it says there. Default: that of the plugin"),
  repositoryAccess: z
    .enum(["management", "public"])
    .default("management")
    .describe(
      "Who may load and unload models over GRPCInferenceService: callers on the server's own machine (management), or everybody who " +
        "reaches it (public). Default: management",
    ),
});
