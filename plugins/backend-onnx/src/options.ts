import { z } from "zod";

/** Options of the backend; the same for all its models and for one. */
export interface OnnxOptions {
  /** Threads that share the work inside one run. */
  readonly threads: number;
  /** Independent branches of the graph that may run at the same time; more than 1 turns ONNX Runtime's parallel mode on. */
  readonly parallelBranches: number;
  /** How far ONNX Runtime rewrites the graph while loading. */
  readonly graphOptimization: "disabled" | "basic" | "extended" | "layout" | "all";
  /** Whether memory is kept between runs for the next one. */
  readonly memoryArena: boolean;
  /** What ONNX Runtime itself writes to standard error. */
  readonly logLevel: "verbose" | "info" | "warning" | "error" | "fatal";
}

const MAX_THREADS = 256;

export const onnxOptions: z.ZodType<OnnxOptions> = z.strictObject({
  threads: z
    .int()
    .min(1)
    .max(MAX_THREADS)
    .default(1)
    .describe("Threads that share the work inside one run. Default: 1, which answers most requests per second"),
  parallelBranches: z
    .int()
    .min(1)
    .max(MAX_THREADS)
    .default(1)
    .describe("Independent branches of the graph that may run at the same time. Default: 1"),
  graphOptimization: z
    .enum(["disabled", "basic", "extended", "layout", "all"])
    .default("all")
    .describe("How far the graph is rewritten while loading. Default: all"),
  memoryArena: z
    .boolean()
    .default(true)
    .describe("Whether memory is kept between runs for the next one. Default: true"),
  logLevel: z
    .enum(["verbose", "info", "warning", "error", "fatal"])
    .default("fatal")
    .describe("What ONNX Runtime itself writes to standard error. Default: fatal, as errors reach the caller anyway"),
});
