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
   * the first backend of the configuration that says yes gets the version. Where some are marked as the model, and several could be it, it
   * is one of them.
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
   * Answers one request with any number of outputs, one after the other. Called for signatures that say `streams`, and {@link run} never for
   * those that say `only`. Streams may overlap, with each other and with runs.
   *
   * Inputs are as for {@link run} and may be read until the stream ends. Each step gives some of `call.outputs`, at least one of them, in that
   * order, with the signature's dtypes and in new memory. The next one is asked for when the client has room for it, so that a slow client slows
   * its stream down: do not compute far ahead.
   *
   * A stream that nobody wants any more is stopped: `call.signal` aborts, and the iterator is returned from, maybe while a step of it is under
   * way. Let the step end soon then, in whichever way: until it does, the stream counts as one, and the model is not disposed.
   *
   * @throws PlinthError as {@link run}, ahead of the first step or between two of them; the client has what came before.
   */
  stream?(call: RunCall): AsyncIterable<NamedTensors>;

  /** Streams that are under way at the same time, at most; further ones wait for their turn. Does not change. Default: 16. */
  readonly maxStreams?: number | undefined;

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
  /** Aborted when nobody waits for the answer any more; a backend that cannot stop a run ignores it. Of a stream it is always there. */
  readonly signal?: AbortSignal | undefined;
}
