import { PlinthError } from "./errors.js";

/**
 * The number of a version of a model: 0 to 2^63 - 1, larger is newer. A bigint, because people number versions by timestamps
 * and hashes, past what a JavaScript number holds exactly.
 */
export type ModelVersion = bigint;

/** The largest version: TensorFlow Serving's int64. */
export const MAX_MODEL_VERSION: ModelVersion = (1n << 63n) - 1n;

/** Reads a version from decimal digits, leading zeros allowed; `undefined` for any other text and for what is past int64. */
export function parseModelVersion(text: string): ModelVersion | undefined {
  if (!/^[0-9]{1,64}$/.test(text)) return undefined;
  const version = BigInt(text);
  return version <= MAX_MODEL_VERSION ? version : undefined;
}

/** @throws PlinthError `VERSION_INVALID` for a number that no version can have. */
export function checkModelVersion(version: ModelVersion): void {
  if (version >= 0n && version <= MAX_MODEL_VERSION) return;
  throw new PlinthError("VERSION_INVALID", `Expected a version of 0 to ${MAX_MODEL_VERSION}, got ${version}`);
}

/** Orders versions newest first, for `sort`. */
export function newestFirst(left: ModelVersion, right: ModelVersion): number {
  return left > right ? -1 : left < right ? 1 : 0;
}
