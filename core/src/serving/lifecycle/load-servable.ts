import type { VersionPolicy } from "../../extension-points/deployments.js";
import type { Logger } from "../../extension-points/logger.js";
import type { ModelDescription } from "../../extension-points/model-description.js";
import type { FileEntry, ModelStorage, VersionFiles } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import { quotedNames } from "../../model/quoted-names.js";
import type { BatchingSettings } from "../batching/batching-settings.js";
import { createQueues } from "../batching/create-queues.js";
import type { BackendSource } from "../execution/backend-source.js";
import type { ExecutionSettings } from "../execution/execution-settings.js";
import type { ModelExecutor } from "../execution/model-executor.js";
import { Servable } from "../execution/servable.js";
import type { ServerEvents } from "../server-events.js";
import { estimatedNeedBytes, type MemoryBudget } from "./memory-budget.js";
import { markModel } from "./named-model.js";

/** What loading needs of its surroundings. */
export interface LoadContext {
  readonly storage: ModelStorage;
  /** The backends that may load this model; the first that recognises the files gets them. */
  readonly backends: readonly BackendSource[];
  readonly execution: ExecutionSettings;
  readonly batching: BatchingSettings | undefined;
  readonly description: ModelDescription | undefined;
  /** Which of the model's versions are served. */
  readonly versions: VersionPolicy;
  readonly executor: ModelExecutor;
  readonly memory: MemoryBudget;
  /** Whether nothing is in service that a load on this thread would hold up. */
  readonly isQuiet: () => boolean;
  /** Told when a worker of the version has died. */
  readonly workerDied: (error: PlinthError) => void;
  readonly events: ServerEvents;
  readonly logger: Logger;
}

/** Brings a version from the storage into memory and warms it up. Where it fails, nothing stays behind. */
export async function loadServable(
  context: LoadContext,
  model: string,
  version: ModelVersion,
  signal: AbortSignal,
): Promise<Servable> {
  const { execution, batching, description, versions, executor, memory, isQuiet, workerDied, events, logger } = context;
  const recorder = events.recorders.recorder(model, version);
  const { source, files } = await openVersion(context, model, version, signal);
  let reserved: Disposable | undefined;
  try {
    const copyBytes = estimatedNeedBytes(files.files.reduce((sum, { bytes }) => sum + bytes, 0));
    reserved = await memory.reserve({ model, version }, copyBytes * executor.copiesOf(execution), signal);
    const reserveCopy = () => memory.extend({ model, version }, copyBytes);
    const executed = await executor.execute(
      {
        model,
        version,
        files,
        source,
        settings: execution,
        batching,
        description,
        versions,
        reserveCopy,
        isQuiet,
        died: workerDied,
        counts: recorder,
        logger,
      },
      signal,
    );
    if (executed.details !== undefined) {
      logger.info(`Model ${model} version ${version} is loaded`, Object.fromEntries(executed.details));
    }
    const queues = createQueues(executed, {
      model,
      version,
      execution,
      versions,
      batching,
      description,
      events,
      logger,
    });
    return new Servable(model, version, source.backend.name, executed, queues, recorder, () =>
      giveBack(files, reserved),
    );
  } catch (error) {
    await giveBack(files, reserved);
    throw error;
  }
}

/** Opens a version for the backend that takes it: as bytes in memory where the storage has them there and all can read them. */
async function openVersion(
  { storage, backends, executor, execution, description }: LoadContext,
  model: string,
  version: ModelVersion,
  signal: AbortSignal,
): Promise<{ readonly source: BackendSource; readonly files: VersionFiles }> {
  const contents = executor.readsContents(execution) && backends.some(({ backend }) => backend.readsContents);
  const files = await storage.open(model, version, { signal, contents });
  const modelFile = description?.modelFile;
  let isToBeRead = false;
  try {
    const marked = markModel(files, modelFile);
    const source = chooseSource(backends, marked.files, modelFile);
    isToBeRead = files.contents === undefined || source.backend.readsContents === true;
    if (isToBeRead) return { source, files: marked };
    return { source, files: markModel(await storage.open(model, version, { signal }), modelFile) };
  } finally {
    if (!isToBeRead) await files[Symbol.asyncDispose]();
  }
}

function chooseSource(
  sources: readonly BackendSource[],
  files: readonly FileEntry[],
  modelFile: ModelDescription["modelFile"],
): BackendSource {
  const source = sources.find(({ backend }) => backend.recognizes(files));
  if (source !== undefined) return source;
  throw new PlinthError(
    "MODEL_FORMAT_UNKNOWN",
    `No backend takes the files ${quotedNames(files.map(({ path }) => path))}; configured backends: ` +
      `${quotedNames(sources.map(({ backend }) => backend.name))}. ${
        modelFile === undefined
          ? "Is a file missing, or a backend not configured?"
          : `${modelFile.at} says that "${modelFile.path}" is the model`
      }`,
  );
}

async function giveBack(files: VersionFiles, reserved: Disposable | undefined): Promise<void> {
  reserved?.[Symbol.dispose]();
  await files[Symbol.asyncDispose]();
}
