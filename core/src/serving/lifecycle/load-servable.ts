import type { Backend, LoadedModel } from "../../extension-points/backend.js";
import type { Logger } from "../../extension-points/logger.js";
import type { FileEntry, ModelStorage, VersionFiles } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import { quotedNames } from "../../model/quoted-names.js";
import { DirectRuns } from "../execution/direct-runs.js";
import { InlineModel } from "../execution/inline-model.js";
import { Servable } from "../execution/servable.js";
import { estimatedNeedBytes, type MemoryBudget } from "./memory-budget.js";
import { warmUp } from "./warm-up.js";

/** What loading needs of its surroundings. */
export interface LoadContext {
  readonly storage: ModelStorage;
  /** The backends that may load this model; the first that recognises the files gets them. */
  readonly backends: readonly Backend[];
  readonly memory: MemoryBudget;
  readonly logger: Logger;
}

/** Brings a version from the storage into memory and warms it up. Where it fails, nothing stays behind. */
export async function loadServable(
  { storage, backends, memory, logger }: LoadContext,
  model: string,
  version: ModelVersion,
  signal: AbortSignal,
): Promise<Servable> {
  const files = await storage.open(model, version, { signal });
  let loaded: LoadedModel | undefined;
  let reserved: Disposable | undefined;
  try {
    const backend = chooseBackend(backends, files.files);
    const fileBytes = files.files.reduce((sum, { bytes }) => sum + bytes, 0);
    reserved = await memory.reserve({ model, version }, estimatedNeedBytes(fileBytes), signal);
    loaded = await loadWith(backend, files, { model, version, signal });
    signal.throwIfAborted();
    for (const error of await warmUp(loaded, signal)) {
      logger.debug(`Model ${model} version ${version} does not take zeros as a warm-up`, { error });
    }
    const executed = new InlineModel(disposedTogether(loaded, files, reserved));
    return new Servable(model, version, executed, new DirectRuns(executed));
  } catch (error) {
    await disposeAll(loaded, files, reserved);
    throw error;
  }
}

function chooseBackend(backends: readonly Backend[], files: readonly FileEntry[]): Backend {
  const backend = backends.find((each) => each.recognizes(files));
  if (backend !== undefined) return backend;
  throw new PlinthError(
    "MODEL_FORMAT_UNKNOWN",
    `No backend takes the files ${quotedNames(files.map(({ path }) => path))}; configured backends: ` +
      `${quotedNames(backends.map(({ name }) => name))}. Is a file missing, or a backend not configured?`,
  );
}

async function loadWith(
  backend: Backend,
  files: VersionFiles,
  options: { model: string; version: ModelVersion; signal: AbortSignal },
): Promise<LoadedModel> {
  try {
    return await backend.load(files, options);
  } catch (thrown) {
    const error = PlinthError.from(thrown);
    if (error.reason !== "INTERNAL") throw error;
    throw new PlinthError("PLUGIN_FAILED", `Backend ${backend.name} failed: ${error.message}`, { cause: thrown });
  }
}

/** The model, with a disposal that gives its files and its memory back too. */
function disposedTogether(loaded: LoadedModel, files: VersionFiles, reserved: Disposable): LoadedModel {
  return {
    signatures: loaded.signatures,
    run: (call) => loaded.run(call),
    [Symbol.asyncDispose]: () => disposeAll(loaded, files, reserved),
  };
}

async function disposeAll(
  loaded: LoadedModel | undefined,
  files: VersionFiles,
  reserved: Disposable | undefined,
): Promise<void> {
  try {
    await loaded?.[Symbol.asyncDispose]();
  } finally {
    reserved?.[Symbol.dispose]();
    await files[Symbol.asyncDispose]();
  }
}
