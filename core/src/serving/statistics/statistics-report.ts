import type { ProcessFigures } from "../../extension-points/server-statistics.js";
import type { ErrorCode } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { RequestTally } from "./request-tally.js";

/** What a front tells the main process of what it has counted since it last did. Can be cloned. */
export interface StatisticsReport {
  readonly versions: readonly VersionReport[];
  readonly refusals: readonly RefusalReport[];
  readonly process: ProcessFigures;
}

export interface VersionReport extends VersionGauges {
  readonly model: string;
  readonly version: ModelVersion;
  readonly tally: RequestTally | undefined;
  /** In milliseconds since the epoch. */
  readonly lastRequestAtMs: number | undefined;
}

/** What is so at the moment. */
export interface VersionGauges {
  readonly inFlight: number;
  readonly queued: number;
}

export interface RefusalReport {
  /** `undefined`: there is no such model. */
  readonly model: string | undefined;
  readonly code: ErrorCode;
  readonly count: number;
}
