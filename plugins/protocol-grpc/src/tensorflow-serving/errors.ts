import type { CodeOverrides } from "../calls/status.js";

/** A signature that does not exist is `FAILED_PRECONDITION` to Predict over gRPC, and `INVALID_ARGUMENT` everywhere else. */
export const PREDICT_CODES: CodeOverrides = new Map([["SIGNATURE_NOT_FOUND", "FAILED_PRECONDITION"]]);
