import { InvalidArgumentError } from "commander";

/** TensorFlow Serving's int64. */
const MAX_VERSION = 2n ** 63n - 1n;

/** How often a server may be looked at. */
const MIN_SECONDS = 0.1;
const MAX_SECONDS = 3_600;

/** The number of a version as people type it, in plain decimal. @throws InvalidArgumentError */
export function versionNumber(text: string): string {
  if (/^[0-9]{1,19}$/.test(text) && BigInt(text) <= MAX_VERSION) return String(BigInt(text));
  throw new InvalidArgumentError(`Expected the number of a version, 0 to ${MAX_VERSION}.`);
}

/** A time in seconds, as milliseconds. @throws InvalidArgumentError */
export function secondsAsMs(text: string): number {
  const seconds = /^[0-9]{1,9}(\.[0-9]{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= MIN_SECONDS && seconds <= MAX_SECONDS) return seconds * 1_000;
  throw new InvalidArgumentError(`Expected seconds from ${MIN_SECONDS} to ${MAX_SECONDS}.`);
}

/** Reads whole numbers of a range. */
export function wholeNumber(least: number, most: number = Number.POSITIVE_INFINITY): (text: string) => number {
  return (text) => {
    const number = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    const end = most === Number.POSITIVE_INFINITY ? "on" : `to ${most}`;
    throw new InvalidArgumentError(`Expected a whole number from ${least} ${end}.`);
  };
}
