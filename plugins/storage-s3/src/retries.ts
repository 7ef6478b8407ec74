import pRetry from "p-retry";
import { StoreError } from "./store-errors.js";

/** Attempts after the first. */
const RETRIES = 5;

/** Pause before the first of them; each is twice as long as the one before, and up to twice as long again at random. */
const FIRST_PAUSE_MS = 100;

const LONGEST_PAUSE_MS = 5_000;

/** Does the work again where the store was busy, or the connection broke; at most for about ten seconds of pauses. */
export async function withRetries<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return pRetry(work, {
    retries: RETRIES,
    minTimeout: FIRST_PAUSE_MS,
    maxTimeout: LONGEST_PAUSE_MS,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => error instanceof StoreError && error.isPassing,
  });
}
