import type { Limits } from "./limits.js";
import type { SavedModel } from "./saved-model.js";
import { SavedModelError } from "./saved-model-error.js";

export interface ReadOptions {
  /** The graph to read is the one of exactly these tags; `["serve"]` where left out, or else the one without tags (Hub modules of TensorFlow 1). */
  readonly tags?: readonly string[];
  /** Only these signatures; all of them where left out. A name that the model does not have is no error here. */
  readonly signatures?: readonly string[];
  /** Whether to read {@link SavedModel.callables}; where left out, only those of a model without signatures. */
  readonly callables?: boolean;
  /** `drop` leaves out `Assert` and what only it needs. Kept where left out. */
  readonly assertions?: "keep" | "drop";
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

/**
 * Reads the SavedModel of a folder: `saved_model.pb`, the variables that its signatures need with their checksums checked, the text files
 * of its lookup tables.
 *
 * Takes the memory of `saved_model.pb` and of those variables once. Blocks for no longer than one variable takes, but for the graph.
 *
 * @throws SavedModelError where nothing of the model can be read; what is wrong with one signature stands in {@link SavedModel.refused}
 * @throws the signal's reason
 */
export async function readSavedModel(directory: string, _options: ReadOptions = {}): Promise<SavedModel> {
  throw new SavedModelError("UNSUPPORTED", `Reading ${directory} is not there yet`);
}
