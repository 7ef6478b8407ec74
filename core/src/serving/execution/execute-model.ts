import type { VersionPolicy } from "../../extension-points/deployments.js";
import type { Logger } from "../../extension-points/logger.js";
import type { ModelDescription } from "../../extension-points/model-description.js";
import type { VersionFiles } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { Signature } from "../../model/signature.js";
import type { BatchingSettings } from "../batching/batching-settings.js";
import { AutoModel, INLINE_RUN_MS, type ReserveCopy } from "./auto-model.js";
import type { BackendSource, WorkerRecipe } from "./backend-source.js";
import { describeModel } from "./described-model.js";
import { type ExecutedModel, streams } from "./executed-model.js";
import type { ExecutionSettings } from "./execution-settings.js";
import { InlineModel } from "./inline-model.js";
import { loadModel } from "./load-model.js";
import type { WarmUpReport } from "./warm-up.js";
import { type ExecutorCounts, InstancePool } from "./worker/instance-pool.js";
import { type LoadedInstance, ModelInstance } from "./worker/model-instance.js";
import type { OpenWorker } from "./worker/worker-channel.js";

/** What is executed, and where. */
export interface ModelExecution {
  readonly model: string;
  readonly version: ModelVersion;
  /** Readable until the executed model is disposed. */
  readonly files: VersionFiles;
  readonly source: BackendSource;
  readonly settings: ExecutionSettings;
  /** For those who put a queue before it where it runs. */
  readonly batching: BatchingSettings | undefined;
  readonly description: ModelDescription | undefined;
  readonly versions: VersionPolicy;
  readonly reserveCopy: ReserveCopy;
  /** Whether nothing is in service that a load on this thread would hold up. */
  readonly isQuiet: () => boolean;
  /** Told of workers that have died. */
  readonly died: (error: PlinthError) => void;
  readonly counts: ExecutorCounts;
  readonly logger: Logger;
}

/**
 * Most bytes of files of a model that is loaded on the serving thread: such a load takes a few milliseconds. One with more weights could
 * hardly read them in {@link INLINE_RUN_MS}.
 */
const MAX_INLINE_BYTES = 4 * 1024 * 1024;

/**
 * Loads a model where its settings say, warms it up there, and has it be as it is described. Memory is set aside already: for one copy, and for all where it is to run
 * in workers. Where it fails, nothing stays behind.
 *
 * @throws PlinthError what the backend throws; `MODEL_UNSUPPORTED` where workers are asked for that cannot be; `EXECUTOR_DIED`;
 * `MODEL_DESCRIPTION_INVALID`
 */
export async function executeModel(execution: ModelExecution, signal: AbortSignal): Promise<ExecutedModel> {
  return describeModel(await openModel(execution, signal), execution.description, signal);
}

function openModel(execution: ModelExecution, signal: AbortSignal): Promise<ExecutedModel> {
  switch (execution.settings.executor) {
    case "inline":
      return openInline(execution, signal).then(({ model }) => model);
    case "thread":
      return openAllInstances(execution, "threads", signal);
    case "process":
      return openAllInstances(execution, "processes", signal);
    case "auto":
      return openAuto(execution, signal);
  }
}

async function openInline(
  execution: ModelExecution,
  signal: AbortSignal,
): Promise<{ readonly model: ExecutedModel; readonly report: WarmUpReport }> {
  const { source, files, model, version } = execution;
  const { loaded, report } = await loadModel(source.backend, files, { model, version, signal });
  logRefusals(execution, report);
  return { model: new InlineModel(loaded), report };
}

async function openAllInstances(
  execution: ModelExecution,
  kind: "threads" | "processes",
  signal: AbortSignal,
): Promise<ExecutedModel> {
  const { source, settings } = execution;
  if (source.recipe === undefined) {
    throw new PlinthError(
      "MODEL_UNSUPPORTED",
      `${nameOf(execution)} is to run in a ${settings.executor}, but the backend ${source.backend.name} cannot be made there: ` +
        "expected a plugin that is built, with options that can be cloned. Use execution: { executor: inline }",
    );
  }
  const start = instanceStarter(execution, source.recipe[kind], source.recipe);
  const pool = newPool(execution, await start(signal), start);
  try {
    for (let copy = 1; copy < settings.instances; copy++) await pool.grow(undefined, signal);
    return pool;
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * On this thread where its runs are short, else in worker threads: as many as fit into memory. How long the steps of a stream take can only be
 * told once there is one, so that a model that streams is in worker threads.
 */
async function openAuto(execution: ModelExecution, signal: AbortSignal): Promise<ExecutedModel> {
  const { source, files, isQuiet, reserveCopy, logger } = execution;
  const { recipe } = source;
  if (recipe === undefined) return (await openInline(execution, signal)).model;
  const start = instanceStarter(execution, recipe.threads, recipe);
  const isSmall = files.files.reduce((sum, { bytes }) => sum + bytes, 0) <= MAX_INLINE_BYTES;
  const options = {
    name: nameOf(execution),
    openInline: async (moving: AbortSignal) => (await openInline(execution, moving)).model,
    openWorkers: async (moving: AbortSignal) =>
      growAsFits(newPool(execution, await start(moving), start), execution, moving),
    mayBeInline: isSmall,
    reserveCopy,
    logger,
  };
  if (isSmall && isQuiet()) {
    const { model, report } = await openInline(execution, signal);
    if (keepsState(model)) return model;
    if (isShort(report) && !streams(model)) {
      logChoice(execution, "on the serving thread", report);
      return new AutoModel({ kind: "inline", model }, options);
    }
    await model[Symbol.asyncDispose]();
  }
  const first = await start(signal);
  if (keepsState(first)) return newPool(execution, first, start);
  if (streams(first)) return growAsFits(newPool(execution, first, start), execution, signal);
  if (isSmall && isShort(first.report)) {
    await first.instance[Symbol.asyncDispose]();
    const model = await options.openInline(signal);
    logChoice(execution, "on the serving thread", first.report);
    return new AutoModel({ kind: "inline", model }, options);
  }
  const pool = await growAsFits(newPool(execution, first, start), execution, signal);
  logChoice(execution, "in worker threads", first.report);
  return new AutoModel({ kind: "workers", model: pool }, options);
}

/** A copy of a model with state answers by what it was asked itself, so that neither a second one nor a move is the same model. */
function keepsState({ signatures }: { readonly signatures: ReadonlyMap<string, Signature> }): boolean {
  return [...signatures.values()].some(({ changesState }) => changesState === true);
}

function logChoice(execution: ModelExecution, where: string, { runMs }: WarmUpReport): void {
  execution.logger.info(`${nameOf(execution)} runs ${where}`, { runMs });
}

/** What messages call it. */
function nameOf({ model, version }: ModelExecution): string {
  return `Model ${model} version ${version}`;
}

function isShort({ runMs }: WarmUpReport): boolean {
  return runMs !== undefined && runMs <= INLINE_RUN_MS;
}

type StartInstance = (signal: AbortSignal) => Promise<LoadedInstance>;

function instanceStarter(execution: ModelExecution, open: OpenWorker, { data }: WorkerRecipe): StartInstance {
  const { model, version, files, logger } = execution;
  return async (signal) => {
    const loaded = await ModelInstance.start({ open, bootData: data, model, version, files, logger }, signal);
    logRefusals(execution, loaded.report);
    return loaded;
  };
}

function newPool({ died, counts }: ModelExecution, first: LoadedInstance, start: StartInstance): InstancePool {
  return new InstancePool(first, { start, died, counts });
}

async function growAsFits(pool: InstancePool, execution: ModelExecution, signal: AbortSignal): Promise<InstancePool> {
  const { instances } = execution.settings;
  try {
    for (let copy = 1; copy < instances; copy++) {
      const memory = await execution.reserveCopy();
      if (memory === undefined) {
        const name = nameOf(execution);
        execution.logger.info(`${name} runs with ${copy} of ${instances} instances: there is no memory for more`);
        break;
      }
      await pool.grow(memory, signal);
    }
    return pool;
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

function logRefusals(execution: ModelExecution, { refusals }: WarmUpReport): void {
  if (refusals.length === 0) return;
  execution.logger.debug(`${nameOf(execution)} does not take zeros as a warm-up`, { refusals });
}
