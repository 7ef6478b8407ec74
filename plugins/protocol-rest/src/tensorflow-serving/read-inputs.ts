import { missingInputs, type NamedTensors, type Signature, type Tensor } from "@plinth/core";
import { BASE64_KEY, isBase64Object } from "../json/base64.js";
import { CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, skipBlanks } from "../json/characters.js";
import { ObjectWalker } from "../json/object-walker.js";
import { skipValue } from "../json/skip-value.js";
import { TensorReader } from "../json/tensor-reader.js";

/** Tensors, and where in the document what they were read from ends. */
export interface TensorsRead {
  readonly tensors: NamedTensors;
  readonly end: number;
}

type Inputs = Signature["inputs"];

/**
 * Reads the value of `instances` at `at`: `undefined` where it is not well-formed or does not fit the inputs.
 *
 * @throws PlinthError `REQUEST_INVALID` for some bad syntax
 */
export function readInstances(bytes: Buffer, at: number, inputs: Inputs): TensorsRead | undefined {
  if (bytes[at] !== OPEN_BRACKET) return undefined;
  const first = skipBlanks(bytes, at + 1);
  if (bytes[first] === CLOSE_BRACKET || inputs.size === 0) return undefined;
  if (isRow(bytes, first)) return readRows(bytes, first, inputs);
  // A list of plain values is itself the tensor of all instances.
  return readOnly(bytes, at, inputs);
}

/** Reads the value of `inputs` at `at`, as {@link readInstances}. */
export function readInputs(bytes: Buffer, at: number, inputs: Inputs): TensorsRead | undefined {
  if (inputs.size === 1 && !isRow(bytes, at)) return readOnly(bytes, at, inputs);
  if (bytes[at] !== OPEN_BRACE) return undefined;
  const tensors = new Map<string, Tensor>();
  const walker = new ObjectWalker(bytes);
  for (at = walker.enter(at); at >= 0; at = walker.next(at)) {
    const spec = inputs.get(walker.key);
    if (spec === undefined || tensors.has(walker.key)) {
      at = skipValue(bytes, at);
      continue;
    }
    const reader = new TensorReader(bytes, spec.dtype, "single");
    at = reader.read(at);
    if (at < 0) return undefined;
    tensors.set(walker.key, reader.finish());
  }
  return lacksOnlyDefaults(tensors, inputs) ? { tensors, end: walker.end } : undefined;
}

function lacksOnlyDefaults(tensors: NamedTensors, inputs: Inputs): boolean {
  return tensors.size === inputs.size || missingInputs({ inputs }, (name) => tensors.has(name)).length === 0;
}

/** Whether the value at `at` is an object with values by input name, and not one that stands for bytes. */
export function isRow(bytes: Buffer, at: number): boolean {
  return bytes[at] === OPEN_BRACE && !isBase64Object(bytes, at);
}

/** The value at `at` as the tensor of the only input. */
function readOnly(bytes: Buffer, at: number, inputs: Inputs): TensorsRead | undefined {
  const [only] = inputs;
  if (only === undefined || inputs.size > 1) return undefined;
  const [name, spec] = only;
  const reader = new TensorReader(bytes, spec.dtype, "single");
  const end = reader.read(at);
  return end < 0 ? undefined : { tensors: new Map([[name, reader.finish()]]), end };
}

/** Objects with a value for each input, the first of which begins at `at`. All may leave out the same inputs that have a default. */
function readRows(bytes: Buffer, at: number, inputs: Inputs): TensorsRead | undefined {
  const readers = new Map<string, TensorReader>();
  for (const [name, { dtype }] of inputs) readers.set(name, new TensorReader(bytes, dtype, "stacked"));
  const mayBeBase64 = inputs.size === 1 && inputs.has(BASE64_KEY);
  const walker = new ObjectWalker(bytes);
  let rows = 1;
  for (; ; rows++) {
    if (bytes[at] !== OPEN_BRACE || (mayBeBase64 && isBase64Object(bytes, at))) return undefined;
    let members = 0;
    for (at = walker.enter(at); at >= 0; at = walker.next(at)) {
      const reader = readers.get(walker.key);
      if (reader === undefined || reader.count === rows) return undefined;
      at = reader.read(at);
      if (at < 0) return undefined;
      members++;
    }
    if (members !== readers.size && !isEven(readers, rows)) return undefined;
    at = skipBlanks(bytes, walker.end);
    if (bytes[at] !== COMMA) break;
    at = skipBlanks(bytes, at + 1);
  }
  if (bytes[at] !== CLOSE_BRACKET || !isEven(readers, rows)) return undefined;
  const tensors = new Map<string, Tensor>();
  for (const [name, reader] of readers) if (reader.count > 0) tensors.set(name, reader.finish());
  return lacksOnlyDefaults(tensors, inputs) ? { tensors, end: at + 1 } : undefined;
}

/** Whether each input came in all of the rows so far, or in none. */
function isEven(readers: ReadonlyMap<string, TensorReader>, rows: number): boolean {
  for (const { count } of readers.values()) if (count !== rows && count !== 0) return false;
  return true;
}
