import { z } from "zod";

/** Options of the backend; the same for all its models and for one. */
export interface TfjsOptions {
  /** What computes. `auto`: the first of `native`, `wasm` and `cpu` that works on this machine. One for all models of a thread. */
  readonly engine: "auto" | "native" | "wasm" | "cpu";
  /** Sets of tags of which a SavedModel's graph must have exactly one; the first that is there. */
  readonly tags: readonly string[];
  /** How often each request of a model's `assets.extra/tf_serving_warmup_requests` is run before a version answers. */
  readonly warmUpIterations: number;
}

const MAX_ITERATIONS = 1_000;

export const tfjsOptions: z.ZodType<TfjsOptions> = z.strictObject({
  engine: z
    .enum(["auto", "native", "wasm", "cpu"])
    .default("auto")
    .describe(
      "What computes: `native` needs @tensorflow/tfjs-node. Default: auto, the first that works of native, wasm, cpu",
    ),
  tags: z
    .array(z.string())
    .default(["serve"])
    .describe("Tags of the graph to take from a SavedModel that has several. Default: [serve]"),
  warmUpIterations: z
    .int()
    .min(1)
    .max(MAX_ITERATIONS)
    .default(1)
    .describe("How often each of a model's recorded warm-up requests is run. Default: 1"),
});
