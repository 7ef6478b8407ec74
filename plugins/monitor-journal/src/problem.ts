import type { ErrorCode, PlinthError } from "@plinth/core";

const STATUS_BY_CODE: Partial<Record<ErrorCode, number>> = { INVALID_ARGUMENT: 400, NOT_FOUND: 404, CANCELLED: 499 };

/** An error as the management API beside it gives it (RFC 9457). */
export function problemResponse({ code, reason, message }: PlinthError, path: string): Response {
  const status = STATUS_BY_CODE[code] ?? 500;
  const title = reason.toLowerCase().replaceAll("_", " ");
  const problem = { type: `urn:plinth:error:${reason}`, title, status, detail: message, reason, code, instance: path };
  return Response.json(problem, { status, headers: { "content-type": "application/problem+json" } });
}
