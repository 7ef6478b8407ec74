import { setTimeout as pause } from "node:timers/promises";
import type { ModelServer } from "@plinth/core";

/** How long nothing need be told before it is looked again, in milliseconds: of workers that died, for one, nothing is told. */
const LOOK_AGAIN_MS = 5_000;

/** What `look` says, now and whenever something changes in the server, until `signal` aborts. */
export async function* changesOf<Seen>(
  server: ModelServer,
  look: () => Seen,
  signal: AbortSignal,
): AsyncGenerator<Seen> {
  let wake: () => void = () => {};
  const watching = server.watch(() => wake());
  try {
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      yield look();
      const resting = new AbortController();
      const stop = () => resting.abort();
      signal.addEventListener("abort", stop, { once: true });
      await Promise.race([woken, pause(LOOK_AGAIN_MS, undefined, { signal: resting.signal }).catch(() => {})]);
      signal.removeEventListener("abort", stop);
      resting.abort();
    }
  } finally {
    watching[Symbol.dispose]();
  }
}
