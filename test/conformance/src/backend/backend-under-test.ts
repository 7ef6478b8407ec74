import type { Backend, LoadedModel, NamedTensors, Signature, VersionFiles } from "@plinth/core";

/** What the suite needs of a backend. */
export interface BackendUnderTest {
  create(): Backend;
  /** Models that the backend loads. The first is loaded a few hundred times: a small one. */
  readonly models: readonly [ModelExample, ...ModelExample[]];
  /** Files that the backend recognizes and must not load. */
  readonly broken: readonly [BrokenExample, ...BrokenExample[]];
}

/** A folder as one version's files. */
export interface ExampleFiles {
  /** Absolute path. Nothing in it is changed. */
  readonly directory: string;
  /** Which of its files are the version's, with forward slashes. Default: all that are below. */
  readonly paths?: readonly string[];
}

export interface ModelExample extends ExampleFiles {
  readonly signatures: ReadonlyMap<string, Signature>;
  /** At least two with different answers. */
  readonly runs: readonly [RunExample, RunExample, ...RunExample[]];
  /** What signatures that stream answer. */
  readonly streams?: readonly StreamExample[];
  /** Inputs whose shapes the model itself must refuse. */
  readonly misshapen?: readonly Omit<RunExample, "outputs">[];
}

export interface RunExample {
  readonly signature: string;
  readonly inputs: NamedTensors;
  /** All outputs of the signature; float32 and float64 are compared to a relative 1e-5. */
  readonly outputs: NamedTensors;
}

export interface StreamExample extends Omit<RunExample, "outputs"> {
  /** At least two; floating point as in {@link RunExample.outputs}. */
  readonly steps: readonly NamedTensors[];
}

export interface BrokenExample extends ExampleFiles {
  /** What is wrong, to complete "refuses a model that ...". */
  readonly fault: string;
  readonly reason: "MODEL_FILE_INVALID" | "MODEL_UNSUPPORTED";
  /** The file that the message must name. */
  readonly names: string;
}

/** What a case gets. */
export interface BackendContext {
  readonly backend: Backend;
  readonly subject: BackendUnderTest;
  /** The example's files, and whether somebody has disposed them. */
  open(example: ExampleFiles): Promise<VersionFiles & { readonly disposed: boolean }>;
  /** A model that is disposed after the case, unless the case calls `unload`. */
  load(example: ExampleFiles, signal?: AbortSignal): Promise<LoadedModel>;
  unload(model: LoadedModel): Promise<void>;
}

export interface BackendCase {
  /** Unique in the suite. */
  readonly name: string;
  /** What not every example or machine offers; without it the case is skipped. */
  readonly needs?: BackendCapability;
  /** Throws where the backend does not do what it should. */
  run(context: BackendContext): Promise<void>;
}

/** Misshapen inputs, and streams, among the examples; Linux's list of open files; what is optional of loaded models and of backends. */
export type BackendCapability = "misshapen inputs" | "streams" | "/proc/self/fd" | "warmUp" | "readsContents";
