import type { ErrorCode, PlinthError } from "@plinth/core";

/** HTTP's number for each code, as TensorFlow Serving maps them. */
const STATUS_BY_CODE: Readonly<Record<ErrorCode, number>> = {
  CANCELLED: 499,
  UNKNOWN: 500,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  OUT_OF_RANGE: 400,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DATA_LOSS: 500,
  UNAUTHENTICATED: 401,
};

/** Where HTTP has a more exact number than the code's. */
const STATUS_BY_REASON: ReadonlyMap<string, number> = new Map([
  ["METHOD_NOT_ALLOWED", 405],
  ["REQUEST_TOO_LARGE", 413],
]);

export function httpStatus(error: PlinthError): number {
  return STATUS_BY_REASON.get(error.reason) ?? STATUS_BY_CODE[error.code];
}
