import type { Backend, LoadedModel, LoadOptions, RunCall } from "../../extension-points/backend.js";
import type { VersionFiles } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import type { NamedTensors } from "../../model/tensor.js";
import { streams } from "./executed-model.js";
import { type WarmUpReport, warmUp } from "./warm-up.js";

/**
 * Loads a model on this thread and warms it up. Where it fails, nothing stays behind.
 *
 * @throws PlinthError what the backend throws; `PLUGIN_FAILED` where that is no error of Plinth's, or signatures stream and the model does not
 */
export async function loadModel(
  backend: Backend,
  files: VersionFiles,
  options: LoadOptions,
): Promise<{ readonly loaded: LoadedModel; readonly report: WarmUpReport }> {
  const loaded = await loadWith(backend, files, options);
  try {
    options.signal.throwIfAborted();
    if (streams(loaded) && loaded.stream === undefined) throw cannotStream(backend);
    return { loaded, report: await warmUp(loaded, options.signal) };
  } catch (error) {
    await loaded[Symbol.asyncDispose]();
    throw error;
  }
}

async function loadWith(backend: Backend, files: VersionFiles, options: LoadOptions): Promise<LoadedModel> {
  try {
    return await backend.load(files, options);
  } catch (thrown) {
    const error = PlinthError.from(thrown);
    if (error.reason !== "INTERNAL") throw error;
    throw new PlinthError("PLUGIN_FAILED", `Backend ${backend.name} failed: ${error.message}`, { cause: thrown });
  }
}

/** A stream of a model that {@link loadModel} has found to have such. */
export function streamOf(loaded: LoadedModel, call: RunCall): AsyncIterable<NamedTensors> {
  if (loaded.stream === undefined) throw new PlinthError("INTERNAL", "Expected a model that streams");
  return loaded.stream(call);
}

function cannotStream({ name }: Backend): PlinthError {
  return new PlinthError(
    "PLUGIN_FAILED",
    `Backend ${name} says that signatures of the model stream, but gives a model without the method stream`,
  );
}
