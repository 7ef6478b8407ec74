import type { PlinthError } from "../model/errors.js";

/** What {@link problemJson} is sent as. */
export const PROBLEM_TYPE = "application/problem+json";

/**
 * An error as RFC 9457 has it, with Plinth's reason and code, the facts of its details beside: what everything below `/api` answers, whoever it is that
 * refuses.
 *
 * @param status HTTP's number for it, as the answer has it
 * @param path that was asked for
 */
export function problemJson({ code, reason, message, details }: PlinthError, status: number, path: string): string {
  const document = {
    ...details,
    type: `urn:plinth:error:${reason}`,
    title: reason.toLowerCase().replaceAll("_", " "),
    status,
    detail: message,
    reason,
    code,
    instance: path,
  };
  return JSON.stringify(document, bigintAsText);
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
