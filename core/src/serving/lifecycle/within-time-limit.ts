import { PlinthError } from "../../model/errors.js";

/**
 * Does `work` with a signal that aborts when `signal` does, or after `timeoutMs`. Leaves nothing behind on `signal`, which may live
 * as long as the server: `AbortSignal.any` would leave some bytes there each time, on Node 20 for good.
 */
export async function withinTimeLimit<T>(
  signal: AbortSignal,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limited = new AbortController();
  const abort = () => limited.abort(signal.reason);
  const timer = setTimeout(() => limited.abort(tooLate(timeoutMs)), timeoutMs);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    return await work(limited.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

function tooLate(timeoutMs: number): PlinthError {
  return new PlinthError("DEADLINE_EXCEEDED", `It was not done within ${timeoutMs / 1_000} seconds`);
}
