import { PlinthError } from "@plinth/core";

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
