import type { ModelVersion } from "../model/model-version.js";
import type { Signature } from "../model/signature.js";
import type { NamedTensors } from "../model/tensor.js";
import type { FileEntry, VersionFiles } from "./storage.js";
import { createToken, type Token } from "./token.js";

/**
 * Loads model files of one family of formats. A backend is made from its options alone and holds no connection to the rest of
 * the server, because it may be made a second time in a worker thread or a child process.
 */
export interface Backend {
  /** How people name it in `config.yaml`, as `onnx`. */
  readonly name: string;

  /** Whether {@link load} takes files that lie in memory, as `VersionFiles.contents`; else it always gets a folder. */
  readonly readsContents?: boolean;

  /**
   * Whether a version with these files is of a format that this backend loads, told by the paths alone. Cheap, never throws;
   * the first backend of the configuration that says yes gets the version.
   */
  recognizes(files: readonly FileEntry[]): boolean;

  /**
   * Reads the model. Loads of different versions may overlap. `files` stays readable until the loaded model is disposed.
   *
   * @throws PlinthError `MODEL_FILE_INVALID` for files that are damaged or contradict each other, `MODEL_UNSUPPORTED` for what
   * the format allows and this backend cannot do; the message names the file and, where known, the node. Nothing stays behind.
   */
  load(files: VersionFiles, options: LoadOptions): Promise<LoadedModel>;
}

/** All backends that are configured. */
export const Backend: Token<Backend> = createToken<Backend>("Backend");

export interface LoadOptions {
  /** For messages; backends do not decide by them. */
  readonly model: string;
  readonly version: ModelVersion;
  readonly signal: AbortSignal;
}

/** A model in memory. The server disposes it once, after the last run has settled. */
export interface LoadedModel extends AsyncDisposable {
  /** At least one, by name; a model of a single signature calls it `serving_default`. Does not change. */
  readonly signatures: ReadonlyMap<string, Signature>;

  /** Facts for people about how it was loaded, as `engine` -> `wasm`: short words and figures, nothing secret. Does not change. */
  readonly details?: ReadonlyMap<string, string> | undefined;

  /**
   * One forward pass. Runs may overlap.
   *
   * The server has already checked the inputs against the signature: every input is there, be it by its default, and no other, dtypes agree, and, if
   * its shapes are binding, so do rank and fixed dimensions. Inputs are only read, never written or kept; outputs are new.
   *
   * @returns every output in `call.outputs`, in that order, with the signature's dtypes.
   * @throws PlinthError `MODEL_RUN_FAILED`; `INPUT_SHAPE_MISMATCH` where the model itself finds the shapes at odds;
   * `TENSOR_INVALID` for elements that the backend cannot hand to the model unchanged.
   */
  run(call: RunCall): Promise<NamedTensors>;

  /**
   * Runs whatever makes the first request as fast as the next ones, from records that came with the model. A failure fails the
   * load. Where the method is missing, the server runs the model once on zeros and does not mind a failure.
   */
  warmUp?(options: { readonly signal: AbortSignal }): Promise<void>;
}

export interface RunCall {
  /** A key of {@link LoadedModel.signatures}. */
  readonly signature: string;
  readonly inputs: NamedTensors;
  /** Names of outputs of that signature, each once; at least one. */
  readonly outputs: readonly string[];
  /** Aborted when nobody waits for the answer any more; a backend that cannot stop a run ignores it. */
  readonly signal?: AbortSignal | undefined;
}
