import { type ErrorCode, type PlinthError, PROBLEM_TYPE, problemJson } from "@plinth/core";

/** HTTP's number for each code of an error. */
const STATUS_BY_CODE: Readonly<Record<ErrorCode, number>> = {
  CANCELLED: 499,
  UNKNOWN: 500,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 409,
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
  ["IDEMPOTENCY_KEY_REUSED", 422],
  ["LABEL_NOT_FOUND", 404],
  ["LABEL_PROTECTED", 403],
  ["MEDIA_TYPE_UNSUPPORTED", 415],
  ["METHOD_NOT_ALLOWED", 405],
  ["REQUEST_TOO_LARGE", 413],
  ["REVISION_CONFLICT", 412],
  ["STORAGE_FULL", 507],
  ["VERSION_NOT_AVAILABLE", 409],
]);

export function problemStatus(error: PlinthError): number {
  return STATUS_BY_REASON.get(error.reason) ?? STATUS_BY_CODE[error.code];
}

/** An error as the API gives it. */
export function problemResponse(
  error: PlinthError,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const status = problemStatus(error);
  return new Response(problemJson(error, status, path), {
    status,
    headers: { ...headers, "content-type": PROBLEM_TYPE },
  });
}
