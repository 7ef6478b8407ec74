import type { OnnxDType } from "../dtypes.js";
import type { ModelSource } from "../onnx-file/read-onnx-file.js";
import type { OnnxOptions } from "../options.js";
import type { RuntimeTensor } from "./runtime-tensor.js";

/** A model that ONNX Runtime has loaded. */
export interface RuntimeSession {
  /** Inputs without a default, in the model's order. */
  readonly inputs: readonly RuntimePort[];
  readonly outputs: readonly RuntimePort[];

  /**
   * One run, on the calling thread. `feeds` and `fetches` are objects without a prototype; `fetches` has a key for each output
   * to compute. What comes back is new, in the model's order.
   */
  run(feeds: Feeds, fetches: Fetches): Results | Promise<Results>;

  dispose(): void | Promise<void>;
}

export interface RuntimePort {
  readonly name: string;
  /** `undefined` for a type that the binding cannot carry. */
  readonly dtype: OnnxDType | undefined;
  /** -1 where any length is taken. Empty for scalars and for unknown ranks alike. */
  readonly dimensions: readonly number[];
}

export type Feeds = Readonly<Record<string, RuntimeTensor>>;
export type Fetches = Readonly<Record<string, null>>;
export type Results = Readonly<Record<string, RuntimeTensor>>;

/** Loads a model; its content, where it comes as such, is not in shared memory. @throws whatever ONNX Runtime throws; nothing stays behind */
export type OpenSession = (model: ModelSource, options: SessionOptions) => Promise<RuntimeSession>;

/** The options that ONNX Runtime's Node.js binding reads, of those that Plinth sets. */
export interface SessionOptions {
  readonly executionProviders: readonly ["cpu"];
  readonly intraOpNumThreads: number;
  readonly interOpNumThreads: number;
  readonly executionMode: "sequential" | "parallel";
  readonly graphOptimizationLevel: OnnxOptions["graphOptimization"];
  readonly enableCpuMemArena: boolean;
  readonly logSeverityLevel: 0 | 1 | 2 | 3 | 4;
  readonly extra: Record<string, unknown>;
  /** Files beside a model that comes as its content, by the names that it has for them; not in shared memory. */
  readonly externalData?: readonly { readonly path: string; readonly data: Uint8Array }[];
}

const LOG_SEVERITIES = { verbose: 0, info: 1, warning: 2, error: 3, fatal: 4 } as const;

export function sessionOptions(options: OnnxOptions): SessionOptions {
  return {
    executionProviders: ["cpu"],
    intraOpNumThreads: options.threads,
    interOpNumThreads: options.parallelBranches,
    executionMode: options.parallelBranches > 1 ? "parallel" : "sequential",
    graphOptimizationLevel: options.graphOptimization,
    enableCpuMemArena: options.memoryArena,
    logSeverityLevel: LOG_SEVERITIES[options.logLevel],
    // Waiting threads would otherwise spin after each run, on the cores that the server needs.
    extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
  };
}
