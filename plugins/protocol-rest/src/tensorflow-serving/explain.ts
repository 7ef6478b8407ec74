import { formatShape, PlinthError, type Signature } from "@plinth/core";
import { CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, skipBlanks } from "../json/characters.js";
import { ObjectWalker } from "../json/object-walker.js";
import { skipValue } from "../json/skip-value.js";
import { MAX_RANK } from "../json/tensor-reader.js";
import { examineValue, type ValueForm } from "./examine-value.js";
import { isRow } from "./read-inputs.js";

type Inputs = Signature["inputs"];

/**
 * Tells why `readInstances` could not read the value of `instances` at `at`, in a document that is valid JSON.
 *
 * @throws PlinthError `REQUEST_INVALID`, `TENSOR_INVALID`, `NOT_IMPLEMENTED`
 */
export function explainInstances(bytes: Buffer, at: number, inputs: Inputs): never {
  if (bytes[at] !== OPEN_BRACKET) {
    throw invalid("Expecting 'instances' to be an list/array. For a single value, send a list of one element");
  }
  at = skipBlanks(bytes, at + 1);
  if (bytes[at] === CLOSE_BRACKET) throw invalid("No values in 'instances' array: expected at least one instance");
  if (inputs.size === 0) {
    throw invalid(`The signature has no inputs, so there are no instances of them: send {"inputs": {}}`);
  }
  const rows = isRow(bytes, at);
  if (!rows && inputs.size > 1) throw invalid(`instances is a plain list, but expecting list of objects as ${SEVERAL}`);
  const first = new Map<string, ValueForm>();
  for (let index = 0; bytes[at] !== CLOSE_BRACKET; index++) {
    if (rows) at = examineRow(bytes, at, inputs, index, first);
    else for (const name of inputs.keys()) at = examineInstance(bytes, at, inputs, name, index, first, false);
    at = skipBlanks(bytes, at);
    if (bytes[at] !== CLOSE_BRACKET) at = skipBlanks(bytes, at + 1);
  }
  throw unexplained();
}

/** As {@link explainInstances}, for the value of `inputs`. */
export function explainInputs(bytes: Buffer, at: number, inputs: Inputs): never {
  const named = bytes[at] === OPEN_BRACE && (inputs.size !== 1 || isRow(bytes, at));
  if (!named) {
    const [only] = inputs;
    if (only === undefined) throw invalid(`The signature has no inputs: expected {"inputs": {}}`);
    if (inputs.size > 1) throw invalid(`inputs is a plain value/list, but expecting an object as ${SEVERAL}`);
    examineNamed(bytes, at, inputs, only[0], MAX_RANK);
    throw unexplained();
  }
  const seen = new Set<string>();
  const walker = new ObjectWalker(bytes);
  for (at = walker.enter(at); at >= 0; ) {
    const { key } = walker;
    if (inputs.has(key) && !seen.has(key)) examineNamed(bytes, at, inputs, key, MAX_RANK);
    seen.add(key);
    at = walker.next(skipValue(bytes, at));
  }
  for (const name of inputs.keys()) {
    if (!seen.has(name)) {
      throw invalid(`Missing named input: ${name} in 'inputs' object. Expected the keys ${names(inputs)}`);
    }
  }
  throw unexplained();
}

/** Examines one instance that should be an object of all inputs; gives the position after it. */
function examineRow(bytes: Buffer, at: number, inputs: Inputs, index: number, first: Map<string, ValueForm>): number {
  if (!isRow(bytes, at)) {
    const got = bytes[at] === OPEN_BRACKET ? "list" : "value";
    throw failed(index, undefined, invalid(`Expecting object but got ${got}, as the first instance is an object`));
  }
  const seen = new Set<string>();
  const walker = new ObjectWalker(bytes);
  for (at = walker.enter(at); at >= 0; ) {
    const { key } = walker;
    if (!inputs.has(key)) {
      throw failed(
        index,
        key,
        invalid(`JSON object: does not have named input: ${key}. Expected the keys ${names(inputs)}`),
      );
    }
    if (seen.has(key)) throw failed(index, key, invalid("The key comes twice in one object"));
    seen.add(key);
    at = walker.next(examineInstance(bytes, at, inputs, key, index, first, true));
  }
  if (seen.size < inputs.size) {
    throw failed(index, undefined, invalid(`JSON object: keys must be equal to: ${names(inputs)}`));
  }
  return walker.end;
}

/** Examines the value of one input in one instance, also against its value in the first; gives the position after it. */
function examineInstance(
  bytes: Buffer,
  at: number,
  inputs: Inputs,
  name: string,
  index: number,
  first: Map<string, ValueForm>,
  inRow: boolean,
): number {
  try {
    if (!inRow && isRow(bytes, at)) {
      throw invalid("Expecting value/list but got object, as the first instance is not an object");
    }
    const form = examineNamed(bytes, at, inputs, name, MAX_RANK - 1);
    const expected = first.get(name);
    if (expected === undefined) first.set(name, form);
    else compare(form, expected);
    return form.end;
  } catch (thrown) {
    throw failed(index, inRow ? name : undefined, PlinthError.from(thrown));
  }
}

function examineNamed(bytes: Buffer, at: number, inputs: Inputs, name: string, maxRank: number): ValueForm {
  const spec = inputs.get(name);
  if (spec === undefined) throw unexplained();
  return examineValue(bytes, at, spec.dtype, maxRank);
}

function compare(form: ValueForm, expected: ValueForm): void {
  if (form.size !== expected.size) {
    throw ragged(`Expecting tensor size: ${expected.size} but got: ${form.size}`);
  }
  if (formatShape(form.shape) !== formatShape(expected.shape)) {
    throw ragged(`Expecting shape ${formatShape(expected.shape)} but got: ${formatShape(form.shape)}`);
  }
}

function failed(index: number, key: string | undefined, error: PlinthError): PlinthError {
  const where = `${index}${key === undefined ? "" : ` key: ${key}`}`;
  return new PlinthError(
    { code: error.code, reason: error.reason },
    `Failed to process element: ${where} of 'instances' list. Error: ${error.code}: ${error.message}`,
    { details: { ...error.details, instance: index, ...(key !== undefined && { input: key }) } },
  );
}

function invalid(message: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", message);
}

function ragged(message: string): PlinthError {
  return new PlinthError("TENSOR_INVALID", `${message}: all instances must be of one shape, that of the first`);
}

/** Reading and explaining disagree: a fault of this program. */
function unexplained(): PlinthError {
  return new PlinthError(
    "INTERNAL",
    "The inputs could not be read, for a reason that is not known: please report this",
  );
}

function names(inputs: Inputs): string {
  return [...inputs.keys()].sort().join(",");
}

const SEVERAL = "multiple input tensors required as per tensorinfo_map";
