import { type Signature, shapeText, type TensorSpec } from "../api/signatures.js";
import type { Given } from "./given.js";

/** Every string, and what is a number here without being one in JSON. */
const NOT_JSON = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** Reads JSON in which, as in the server's, NaN and Infinity may stand; they become texts. @throws SyntaxError */
export function parseJson(text: string): unknown {
  return JSON.parse(text.replace(NOT_JSON, (found) => (found.startsWith('"') ? found : `"${found}"`)));
}

/** One input's value, written by hand: held against the shape where the server would do that too. */
export function jsonValue(text: string, spec: TensorSpec, shapes: Signature["shapes"]): Given {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    return { fault: `This is no JSON: ${(error as Error).message}.` };
  }
  const shape = shapeOf(value);
  if (shape === undefined) return { fault: "The lists in it are not all of the same length and depth." };
  if (shapes === "binding" && spec.shape !== undefined && !fits(shape, spec.shape)) {
    return { fault: `Expected the shape ${shapeText(spec.shape)}, got ${shapeText(shape)}.` };
  }
  return { json: text.trim() };
}

/** `undefined` where lists beside each other differ. */
function shapeOf(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value)) return [];
  const [first, ...others] = value.map(shapeOf);
  if (value.length === 0) return [0];
  if (first === undefined || others.some((other) => other?.join() !== first.join())) return undefined;
  return [value.length, ...first];
}

function fits(shape: readonly number[], expected: readonly number[]): boolean {
  return shape.length === expected.length && expected.every((length, axis) => length === -1 || length === shape[axis]);
}
