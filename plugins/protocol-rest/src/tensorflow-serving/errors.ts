import { PlinthError } from "@plinth/core";
import { httpStatus } from "../http/http-status.js";
import { retryAfter } from "../http/retry-after.js";
import { encodeError } from "./encode.js";

/** An error as a client of this dialect gets it: `{"error": "<message>"}`. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** Beside those that every answer has. */
  readonly headers: Readonly<Record<string, string>>;
}

export function errorAnswer(error: PlinthError): ErrorAnswer {
  return { status: httpStatus(error), body: encodeError(error.message), headers: retryAfter(error) };
}

/** What no path or method of the API is. */
export function malformedRequest(method: string, path: string): PlinthError {
  return new PlinthError(
    "REQUEST_INVALID",
    `Malformed request: ${method} ${path.slice(0, 256)}. Expected POST /v1/models/<name>[/versions/<n>|/labels/<label>] with ` +
      ":predict, :classify, :regress or :multiInference, GET on the same without (status) or with /metadata, or GET /v1/models (list)",
  );
}

/** A known path with a method that it does not have. */
export function methodNotAllowed(method: string, path: string, allowed: string): PlinthError {
  return new PlinthError(
    { code: "INVALID_ARGUMENT", reason: "METHOD_NOT_ALLOWED" },
    `Malformed request: ${method} ${path.slice(0, 256)}. Expected ${allowed} on this path`,
  );
}
