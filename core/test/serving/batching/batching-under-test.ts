import { DEFAULT_SIGNATURE, type Signature } from "../../../src/index.js";
import { Batches } from "../../../src/serving/batching/batches.js";
import type { BatchingSettings } from "../../../src/serving/batching/batching-settings.js";
import type { BatchMeasure } from "../../../src/serving/batching/joint-run.js";
import { QueuedRuns } from "../../../src/serving/execution/queued-runs.js";
import { FakeExecutedModel, ROWS_SIGNATURE } from "../../fakes/fake-executed-model.js";

export interface BatchingSetup extends Partial<BatchingSettings> {
  /** Default: 1. */
  readonly slots?: number;
  readonly maxQueuedRequests?: number;
  readonly signatures?: ReadonlyMap<string, Signature>;
}

/** A queue that batches before a fake model, and what it tells of its batches. */
export class BatchingUnderTest {
  readonly model: FakeExecutedModel;
  readonly queue: QueuedRuns;
  readonly batches: BatchMeasure[] = [];
  readonly unbatchable: string[] = [];

  constructor({ slots = 1, maxQueuedRequests = 1_000, signatures, ...settings }: BatchingSetup = {}) {
    this.model = new FakeExecutedModel(slots, signatures ?? new Map([[DEFAULT_SIGNATURE, ROWS_SIGNATURE]]));
    const order = new Batches(
      this.model.signatures,
      { maxBatchSize: 4, maxWaitMs: 0, padVariableLength: false, splitLarge: true, ...settings },
      {
        ran: (batch) => void this.batches.push(batch),
        unbatchable: (signature) => void this.unbatchable.push(signature),
      },
    );
    this.queue = new QueuedRuns(this.model, maxQueuedRequests, order);
  }

  /** Sizes of the runs in rows, in their order. */
  get runRows(): (number | undefined)[] {
    return this.model.calls.map(({ inputs }) => inputs.values().next().value?.shape[0]);
  }
}
