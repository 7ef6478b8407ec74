import type { ModelServer } from "@plinth/core";

/** How long nothing need be told before it is looked again, in milliseconds: of workers that died, for one, nothing is told. */
const LOOK_AGAIN_MS = 5_000;

/** What `look` says, now and whenever something changes in the server, until one of the signals aborts; that is looked at as well. */
export async function* changesOf<Seen>(
  server: ModelServer,
  look: () => Seen,
  signals: readonly AbortSignal[],
): AsyncGenerator<Seen> {
  let wake: () => void = () => {};
  const changed = () => wake();
  const watching = server.watch(changed);
  const timer = setInterval(changed, LOOK_AGAIN_MS);
  for (const signal of signals) signal.addEventListener("abort", changed);
  try {
    for (let isOver = false; !isOver; ) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      isOver = signals.some(({ aborted }) => aborted);
      yield look();
      if (!isOver) await woken;
    }
  } finally {
    for (const signal of signals) signal.removeEventListener("abort", changed);
    clearInterval(timer);
    watching[Symbol.dispose]();
  }
}
