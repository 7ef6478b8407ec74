import type { PlinthError } from "./errors.js";
import type { ModelVersion } from "./model-version.js";
import type { Signature } from "./signature.js";

/**
 * Where a version stands in its life (TensorFlow Serving's `ModelVersionStatus.State`, and `error` of its own):
 *
 * - `start`: known and wanted, not yet begun; of a lazy model, until a request wants it.
 * - `loading`: the backend reads it, then it is warmed up.
 * - `available`: it answers requests. Only ever entered after warm-up.
 * - `unloading`: no new request reaches it; it is freed after the last one it has.
 * - `end`: freed, or removed before it was loaded.
 * - `error`: loading failed; it is tried again after a while as long as it is wanted.
 */
export type VersionState = "start" | "loading" | "available" | "unloading" | "end" | "error";

/** What is known of one version of a model. */
export interface VersionStatus {
  readonly version: ModelVersion;
  readonly state: VersionState;
  /** Why it is in `error`, or failed last time when it is being tried again. */
  readonly error?: PlinthError;
  /** When it came into this state: milliseconds since the epoch. */
  readonly sinceMs: number;
  /** It is not in memory; the first request for it has it loaded, and waits for that. Absent: nothing waits for it. */
  readonly onDemand?: true;
  /** The name of the backend that loaded it, as `onnx`. Only while it is in memory, as the next two. */
  readonly backend?: string;
  /** The ways to call it. */
  readonly signatures?: ReadonlyMap<string, Signature>;
  /** How its backend loaded it, in words for people. Absent as well where the backend tells nothing. */
  readonly details?: ReadonlyMap<string, string>;
}

/** Whether a request for the version is answered now, be it after a load: one whose last load failed does not count. */
export function canAnswer({ state, onDemand, error }: VersionStatus): boolean {
  return state === "available" || (onDemand === true && error === undefined);
}

/** What is known of one model. */
export interface ModelStatus {
  readonly model: string;
  /** Newest first. Ended versions are forgotten after a while. */
  readonly versions: readonly VersionStatus[];
  /** Versions by label. */
  readonly labels: ReadonlyMap<string, ModelVersion>;
  /** What came of mirroring requests to another version, where the traffic rules ask for that. */
  readonly shadow?: ShadowCounts & { readonly version: ModelVersion };
  /** Why the storage could not tell this model's versions when last asked. */
  readonly error?: PlinthError;
}

/** The version by which a model is judged where none answers: the newest that is wanted, else the newest that is known. */
export function tellingVersion({ versions }: ModelStatus): VersionStatus | undefined {
  return versions.find(({ state }) => state !== "end") ?? versions[0];
}

/** What became of the requests that were mirrored to one version since it was loaded. */
export interface ShadowCounts {
  readonly agreed: number;
  readonly differed: number;
  readonly failed: number;
  /** Not mirrored because too many were under way. */
  readonly dropped: number;
  /** Largest absolute difference of two numbers in the answers; `undefined` where none could be compared. */
  readonly maxDifference?: number | undefined;
}
