import type { ReloadReport } from "../../extension-points/config-reload.js";
import type { VersionPolicy } from "../../extension-points/deployments.js";
import type { ModelDescription } from "../../extension-points/model-description.js";
import type { Endpoint } from "../../extension-points/protocol.js";
import type { FileEntry } from "../../extension-points/storage.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { Signature } from "../../model/signature.js";
import type { ShadowCounts } from "../../model/version-state.js";
import type { BatchingSettings } from "../batching/batching-settings.js";
import type { ExecutionSettings } from "../execution/execution-settings.js";
import type { StreamId } from "../execution/worker/hosted-streams.js";
import type { PackedError } from "../execution/worker/packed-error.js";
import type { PackedTensors } from "../execution/worker/packed-tensors.js";
import type { FromWorker } from "../execution/worker/worker-messages.js";
import type { StatisticsReport } from "../statistics/statistics-report.js";
import type { ModelSnapshot } from "./model-snapshot.js";
import type { PackedEvent } from "./packed-event.js";

/*
 * What the main process and its fronts ask of each other. The main process decides everything: which versions there are, which of them
 * are loaded, where requests go. A front is its hands: it listens, holds a copy of every loaded version, and answers. All that
 * passes can be cloned, and arrives in the order in which it was sent.
 */

/** What a front does when the main process asks for it. Each is answered when it is done. */
export interface FrontDuties {
  /** The first one: makes what the configuration has a front consist of. Nothing listens yet. @param facts for the front's entry */
  compose(facts: unknown): Promise<void>;

  /** Loads a version and warms it up; it answers no request before {@link follow} says so. Where it fails, nothing stays behind. */
  load(order: LoadOrder): Promise<LoadedCopy>;

  /** Frees a version after the last request that has it, or gives up its load. It is in service no more. Not there: nothing to do. */
  free(servable: ServableId): Promise<void>;

  /** From now on requests are routed by what is told of these models; of others nothing changes. */
  follow(models: readonly ModelSnapshot[]): Promise<void>;

  /** Runs a loaded version for the main process itself, which has no copy. */
  run(order: RunOrder): Promise<PackedTensors>;

  /** Begins, goes on with, or stops a stream for the main process itself. @returns the outputs of a step; `undefined` at the end */
  stream(order: StreamOrder): Promise<PackedTensors | undefined>;

  /** Begins to answer clients. */
  listen(): Promise<readonly Endpoint[]>;

  /** Not ready from now on; answers what was begun, for so long at most, and tells all that it has counted. */
  drain(deadline: { readonly deadlineMs: number }): Promise<void>;

  /** Cuts what is left, frees everything, and ends the process; it is answered by that. */
  end(): Promise<void>;
}

/** What the main process does for a front. */
export interface MainDuties {
  /** Has a version loaded that requests wait for. How that comes out is told by {@link FrontDuties.follow}. */
  demand(version: { readonly model: string; readonly version: ModelVersion }): Promise<void>;

  /** Sets memory aside for one more copy of a version; `undefined` where there is none free. */
  reserve(servable: ServableId): Promise<ReservationId | undefined>;
  release(reservation: ReservationId): Promise<void>;

  /** As {@link ConfigReload}. */
  reload(): Promise<ReloadReport>;
  replaceModels(replacement: { readonly models: unknown; readonly from: string }): Promise<ReloadReport>;

  /** Tells the monitors what happened in the front. */
  observe(batch: EventBatch): Promise<void>;

  /** Takes what the front has counted. */
  count(report: StatisticsReport): Promise<void>;

  /** Takes note of how the front's copies fare, whenever that has changed. */
  note(report: FrontReport): Promise<void>;

  /** A worker thread or process of the front's has died. */
  mourn(death: { readonly servable: ServableId; readonly error: PackedError }): Promise<void>;

  log(line: Extract<FromWorker, { readonly type: "log" }>): Promise<void>;
}

/** A version that was loaded, the same number in every front. One that is loaded again gets another number. */
export type ServableId = number;

export type ReservationId = number;

export interface LoadOrder {
  readonly servable: ServableId;
  readonly model: string;
  readonly version: ModelVersion;
  /** Readable until it is freed. */
  readonly directory: string;
  readonly files: readonly FileEntry[];
  /** What the front makes the backend of; backends of the same number are the same. */
  readonly backend: { readonly id: number; readonly data: unknown };
  /** The front's own share of it. */
  readonly execution: ExecutionSettings;
  readonly batching: BatchingSettings | undefined;
  readonly description: ModelDescription | undefined;
  readonly versions: VersionPolicy;
}

export interface LoadedCopy {
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly details: ReadonlyMap<string, string> | undefined;
}

export interface RunOrder {
  readonly servable: ServableId;
  readonly signature: string;
  readonly outputs: readonly string[];
  readonly tensors: PackedTensors;
}

export type StreamOrder =
  | { readonly type: "open"; readonly stream: StreamId; readonly call: RunOrder }
  | { readonly type: "step" | "stop"; readonly stream: StreamId };

export interface EventBatch {
  readonly events: readonly PackedEvent[];
  /** Events since the last batch of which there were too many to be told. */
  readonly dropped: number;
}

export interface FrontReport {
  /** Versions of which no instance is up in the front. */
  readonly outages: ReadonlyMap<ServableId, PackedOutage>;
  /** What came of mirroring to a version, since it was loaded. */
  readonly shadows: ReadonlyMap<ServableId, ShadowCounts>;
  /** Versions that were used since the last report, or are in use. */
  readonly used: ReadonlySet<ServableId>;
}

export interface PackedOutage {
  readonly error: PackedError;
  readonly isLasting: boolean;
}
