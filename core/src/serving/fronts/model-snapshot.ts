import type { TrafficRules } from "../../extension-points/deployments.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { ModelStatus, VersionStatus } from "../../model/version-state.js";
import { type PackedError, packError, unpackError } from "../execution/worker/packed-error.js";
import type { ServableId } from "./duties.js";

/** All that a front needs to know of one model to route its requests, and to say why it cannot. Can be cloned. */
export interface ModelSnapshot {
  readonly model: string;
  /** `undefined`: there is no such model any more. */
  readonly status: PackedStatus | undefined;
  readonly traffic: TrafficRules;
  /** The versions that requests go to; the first one answers what names none. */
  readonly answering: readonly AnsweringSnapshot[];
  /** Why none can answer, where one should. */
  readonly unavailable: string | undefined;
}

/** A version that requests go to. */
export interface AnsweringSnapshot {
  readonly version: ModelVersion;
  /** The copies of it; `undefined`: it is loaded for the first request that wants it. */
  readonly servable: ServableId | undefined;
}

/** A {@link ModelStatus}, whose mirrored requests each front counts for itself. */
export interface PackedStatus {
  readonly versions: readonly PackedVersionStatus[];
  readonly labels: ReadonlyMap<string, ModelVersion>;
  readonly error: PackedError | undefined;
}

/** Without signatures, which requests find with their version. */
interface PackedVersionStatus extends Omit<VersionStatus, "error" | "signatures"> {
  readonly error: PackedError | undefined;
}

export function packStatus({ versions, labels, error }: ModelStatus): PackedStatus {
  return {
    versions: versions.map(({ signatures: _, ...each }) => ({ ...each, error: each.error && packError(each.error) })),
    labels,
    error: error && packError(error),
  };
}

export function unpackStatus(model: string, { versions, labels, error }: PackedStatus): ModelStatus {
  return {
    model,
    versions: versions.map(({ error: why, ...each }) => ({ ...each, ...(why && { error: unpackError(why) }) })),
    labels,
    ...(error && { error: unpackError(error) }),
  };
}
