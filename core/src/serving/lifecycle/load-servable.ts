import type { Logger } from "../../extension-points/logger.js";
import type { FileEntry, ModelStorage, VersionFiles } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import { quotedNames } from "../../model/quoted-names.js";
import type { BatchingSettings } from "../batching/batching-settings.js";
import { createRunQueue } from "../batching/create-run-queue.js";
import type { BackendSource } from "../execution/backend-source.js";
import type { ExecutionSettings } from "../execution/execution-settings.js";
import type { ModelExecutor } from "../execution/model-executor.js";
import { Servable } from "../execution/servable.js";
import type { ServerEvents } from "../server-events.js";
import { estimatedNeedBytes, type MemoryBudget } from "./memory-budget.js";

/** What loading needs of its surroundings. */
export interface LoadContext {
  readonly storage: ModelStorage;
  /** The backends that may load this model; the first that recognises the files gets them. */
  readonly backends: readonly BackendSource[];
  readonly execution: ExecutionSettings;
  readonly batching: BatchingSettings | undefined;
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
  { storage, backends, execution, batching, executor, memory, isQuiet, workerDied, events, logger }: LoadContext,
  model: string,
  version: ModelVersion,
  signal: AbortSignal,
): Promise<Servable> {
  const recorder = events.recorders.recorder(model, version);
  const files = await storage.open(model, version, { signal });
  let reserved: Disposable | undefined;
  try {
    const source = chooseSource(backends, files.files);
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
        reserveCopy,
        isQuiet,
        died: workerDied,
        counts: recorder,
        logger,
      },
      signal,
    );
    const queue = createRunQueue(executed, { model, version, execution, batching, events, logger });
    return new Servable(model, version, source.backend.name, executed, queue, recorder, () =>
      giveBack(files, reserved),
    );
  } catch (error) {
    await giveBack(files, reserved);
    throw error;
  }
}

function chooseSource(sources: readonly BackendSource[], files: readonly FileEntry[]): BackendSource {
  const source = sources.find(({ backend }) => backend.recognizes(files));
  if (source !== undefined) return source;
  throw new PlinthError(
    "MODEL_FORMAT_UNKNOWN",
    `No backend takes the files ${quotedNames(files.map(({ path }) => path))}; configured backends: ` +
      `${quotedNames(sources.map(({ backend }) => backend.name))}. Is a file missing, or a backend not configured?`,
  );
}

async function giveBack(files: VersionFiles, reserved: Disposable | undefined): Promise<void> {
  reserved?.[Symbol.dispose]();
  await files[Symbol.asyncDispose]();
}
