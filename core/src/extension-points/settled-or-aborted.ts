/** Settles with `work`, or as soon as `signal` aborts; the work goes on then. Leaves nothing behind on `signal`. */
export async function settledOrAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve, reject) => {
    const stop = () => resolve();
    signal.addEventListener("abort", stop, { once: true });
    work.then(stop, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
