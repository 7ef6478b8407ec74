import type { PlinthError } from "@plinth/core";

/** `Retry-After` in whole seconds, at least 1 (RFC 9110, section 10.2.3), where the error says when to try again. */
export function retryAfter({ details }: PlinthError): Readonly<Record<string, string>> {
  const { retryAfterMs } = details;
  if (typeof retryAfterMs !== "number") return {};
  return { "Retry-After": String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) };
}
