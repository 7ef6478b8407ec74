import { readFile } from "node:fs/promises";

/** Longest pause that a timer can have, in milliseconds. */
const MAX_PAUSE_MS = 2 ** 31 - 1;

/**
 * Looks at a file again and again, and has the configuration read again where its bytes are others than before, or where that
 * failed the last time. Bytes are compared, since volumes of Kubernetes change by links.
 *
 * @param reload gives whether it was applied
 */
export async function pollForChange(
  file: string,
  pauseMs: number,
  reload: (why: string) => Promise<boolean>,
): Promise<Disposable> {
  let seen = await bytesOf(file);
  let hasFailed = false;
  let isLooking = false;
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    const bytes = await bytesOf(file);
    const isSame = seen === undefined ? bytes === undefined : bytes?.equals(seen) === true;
    seen = bytes;
    const why = isSame ? `${file} was not applied the last time` : `${file} was changed`;
    if (!isSame || hasFailed) hasFailed = !(await reload(why));
    isLooking = false;
  };
  const timer = setInterval(() => void look(), Math.min(pauseMs, MAX_PAUSE_MS));
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** `undefined` where it cannot be read. */
function bytesOf(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch(() => undefined);
}
