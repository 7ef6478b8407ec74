import type { Signature } from "../../model/signature.js";
import type { Arrivals } from "./arrivals.js";
import type { RunTimeFit } from "./run-time-fit.js";

/** One signature whose requests may be run together, and what was seen of them. */
export interface BatchableSignature {
  readonly name: string;
  readonly signature: Signature;
  readonly arrivals: Arrivals;
  fit: RunTimeFit;
}
