import { PlinthError } from "@plinth/core";
import type { Parameters, ParameterValue } from "@plinth/open-inference";
import { QUOTE } from "../json/characters.js";
import { excerpt } from "../json/excerpt.js";

/**
 * Whatever stands from `at` to `end`, whose syntax was checked: parts of a request that are few and small, in contrast to tensors.
 *
 * @throws PlinthError `REQUEST_INVALID` for `NaN` and infinities
 */
export function readValue(bytes: Buffer, at: number, end: number): unknown {
  try {
    return JSON.parse(bytes.toString("utf8", at, end));
  } catch (cause) {
    throw new PlinthError("REQUEST_INVALID", `Expected plain JSON, got ${excerpt(bytes, at, end)}`, { cause });
  }
}

/** @throws PlinthError `REQUEST_INVALID` for anything but a string */
export function readText(bytes: Buffer, at: number, end: number, what: string): string {
  if (bytes[at] === QUOTE) return String(readValue(bytes, at, end));
  throw new PlinthError("REQUEST_INVALID", `Expected '${what}' to be a string, got ${excerpt(bytes, at, end)}`);
}

/** @throws PlinthError `REQUEST_INVALID` for anything but an object of strings, numbers and booleans */
export function readParameters(bytes: Buffer, at: number, end: number): Parameters {
  const value = readValue(bytes, at, end);
  const entries = isObject(value) ? Object.entries(value) : [];
  if (isObject(value) && entries.every(([, each]) => ["string", "number", "boolean"].includes(typeof each))) {
    return new Map(entries as [string, ParameterValue][]);
  }
  throw new PlinthError(
    "REQUEST_INVALID",
    `Expected 'parameters' to be an object of strings, numbers and booleans, got ${excerpt(bytes, at, end)}`,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
