/**
 * Why a SavedModel, or one signature of it, cannot be read.
 *
 * - `FILE_MISSING`: a file that the model needs is not in the folder.
 * - `FILE_INVALID`: a file is cut off, or not of the format that it should be of.
 * - `CHECKSUM_MISMATCH`: the bytes of a file are others than those that were written.
 * - `TOO_LARGE`: past one of the {@link Limits}; also sizes that cannot be.
 * - `TOO_DEEP`: messages or calls inside one another past what models need.
 * - `TAGS_NOT_FOUND`: no graph of the model has the tags that were asked for.
 * - `GRAPH_INVALID`: nodes, functions or tensors that do not fit one another: a missing input, a shape that does not fit its data.
 * - `GRAPH_CYCLIC`: nodes that wait for each other outside of a loop.
 * - `FUNCTION_RECURSIVE`: a function that calls itself.
 * - `INPUT_NOT_FED`: what a signature gives back needs a placeholder that is none of its inputs.
 * - `VARIABLE_MISSING`: a variable that the checkpoint holds no value of.
 * - `ASSET_INVALID`: an asset outside of the model's folder, or one that a table cannot be made of.
 * - `UNSUPPORTED`: of the format, and not read by this library: text format, sparse inputs, computed resource handles.
 */
export type SavedModelErrorReason =
  | "FILE_MISSING"
  | "FILE_INVALID"
  | "CHECKSUM_MISMATCH"
  | "TOO_LARGE"
  | "TOO_DEEP"
  | "TAGS_NOT_FOUND"
  | "GRAPH_INVALID"
  | "GRAPH_CYCLIC"
  | "FUNCTION_RECURSIVE"
  | "INPUT_NOT_FED"
  | "VARIABLE_MISSING"
  | "ASSET_INVALID"
  | "UNSUPPORTED";

/** The one error of this library but for aborts; the message names the file, node or function, what was expected and what came. */
export class SavedModelError extends Error {
  readonly reason: SavedModelErrorReason;

  constructor(reason: SavedModelErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SavedModelError";
    this.reason = reason;
  }
}
