import type { VersionPolicy } from "../../extension-points/deployments.js";
import type { Logger } from "../../extension-points/logger.js";
import type { ModelDescription } from "../../extension-points/model-description.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { Signature } from "../../model/signature.js";
import { type ExecutedModel, streams } from "../execution/executed-model.js";
import type { ExecutionSettings } from "../execution/execution-settings.js";
import { QueuedRuns } from "../execution/queued-runs.js";
import { QueuedStreams } from "../execution/queued-streams.js";
import type { ModelQueues, RunQueue } from "../execution/run-queue.js";
import type { ServerEvents } from "../server-events.js";
import { isBatchable } from "./batchable.js";
import { Batches } from "./batches.js";
import type { BatchingSettings } from "./batching-settings.js";
import type { BatchObserver } from "./joint-run.js";

/** Whose queue it is, and how it is to work. */
export interface RunQueueOptions {
  readonly model: string;
  readonly version: ModelVersion;
  readonly execution: ExecutionSettings;
  /** Which of the model's versions are served. */
  readonly versions: VersionPolicy;
  /** `undefined`: each request is run on its own. */
  readonly batching: BatchingSettings | undefined;
  /** Whose batching holds where there is no other. */
  readonly description: ModelDescription | undefined;
  readonly events: ServerEvents;
  readonly logger: Logger;
}

/** The queues before a model, as its settings want them. */
export function createQueues(executed: ExecutedModel, options: RunQueueOptions): ModelQueues {
  const { versions, description } = options;
  const { instances, maxQueuedRequests } = options.execution;
  const batching = options.batching ?? describedBatching(description, executed.signatures);
  const runsInline = executed.slots === Number.POSITIVE_INFINITY;
  return {
    runs: createRunQueue(executed, options, batching),
    streams: streams(executed) ? new QueuedStreams(executed, maxQueuedRequests) : undefined,
    facts: { versions, instances: runsInline ? 1 : instances, maxQueuedRequests, batching, description },
  };
}

function createRunQueue(
  executed: ExecutedModel,
  options: RunQueueOptions,
  batching: BatchingSettings | undefined,
): RunQueue {
  const { model, version, execution, events, logger } = options;
  if (batching === undefined) return new QueuedRuns(executed, execution.maxQueuedRequests);
  const recorder = events.recorders.recorder(model, version);
  const observer: BatchObserver = {
    ran: (batch) => {
      recorder.ran(batch.rows + batch.paddingRows, batch.computeMs, performance.now());
      if (events.successObserved) events.emitSuccess({ type: "batch-run", model, version, ...batch });
    },
    unbatchable: (signature, error) => {
      logger.warn(
        `Batches of ${signature} of model ${model} version ${version} have to be run one by one; it is not told again`,
        {
          error,
        },
      );
      events.emit({ type: "error-occurred", error, model, version });
    },
  };
  return new QueuedRuns(executed, execution.maxQueuedRequests, new Batches(executed.signatures, batching, observer));
}

function describedBatching(
  description: ModelDescription | undefined,
  signatures: ReadonlyMap<string, Signature>,
): BatchingSettings | undefined {
  if (description?.batching === undefined) return undefined;
  const { maxBatchSize, maxWaitMs, ifPossible } = description.batching;
  if (ifPossible && ![...signatures.values()].every(isBatchable)) return undefined;
  return { maxBatchSize, maxWaitMs, padVariableLength: false, splitLarge: false };
}
