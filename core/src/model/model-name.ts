import { PlinthError } from "./errors.js";

/** Longest name of a model, in UTF-8 bytes: what every file system and object store takes as one path segment. */
export const MAX_MODEL_NAME_BYTES = 255;

/**
 * Whether `name` may be a model's name: it becomes a folder, an object key, a URL segment and a metric label, so it is one
 * path segment of at most {@link MAX_MODEL_NAME_BYTES} bytes, without separators, control characters or a leading dot.
 */
export function isModelName(name: string): boolean {
  return (
    name.length > 0 &&
    name.isWellFormed() &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a name
    !/^\.|[/\\:\u0000-\u001f\u007f]/.test(name) &&
    Buffer.byteLength(name) <= MAX_MODEL_NAME_BYTES
  );
}

/** @throws PlinthError `MODEL_NAME_INVALID` */
export function checkModelName(name: string): void {
  if (isModelName(name)) return;
  throw new PlinthError(
    "MODEL_NAME_INVALID",
    `${JSON.stringify(name.slice(0, MAX_MODEL_NAME_BYTES))} cannot name a model: expected 1 to ${MAX_MODEL_NAME_BYTES} bytes ` +
      "without a leading dot, slash, backslash, colon or control character",
  );
}
