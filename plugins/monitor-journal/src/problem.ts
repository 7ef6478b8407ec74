import { type ErrorCode, type PlinthError, PROBLEM_TYPE, problemJson } from "@plinth/core";

const STATUS_BY_CODE: Partial<Record<ErrorCode, number>> = { INVALID_ARGUMENT: 400, NOT_FOUND: 404, CANCELLED: 499 };

/** An error as the management API beside it gives it. */
export function problemResponse(error: PlinthError, path: string): Response {
  const status = STATUS_BY_CODE[error.code] ?? 500;
  return new Response(problemJson(error, status, path), { status, headers: { "content-type": PROBLEM_TYPE } });
}
