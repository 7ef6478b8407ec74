import { formatShape, missingInputs, PlinthError, type Signature } from "@plinth/core";
import { CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, skipBlanks } from "../json/characters.js";
import { ValueExaminer, type ValueForm } from "../json/examine-value.js";
import { clip } from "../json/excerpt.js";
import { ObjectWalker } from "../json/object-walker.js";
import { skipValue } from "../json/skip-value.js";
import { MAX_RANK } from "../json/tensor-reader.js";
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
  const [only] = inputs.keys();
  if (only === undefined) {
    throw invalid('The signature has no inputs, so there are no instances of them: send {"inputs": {}}');
  }
  const rows = isRow(bytes, at);
  if (!rows && inputs.size > 1) throw invalid(`instances is a plain list, but expecting list of objects as ${SEVERAL}`);
  const instances = new InstanceExaminer(bytes, inputs);
  for (let index = 0; bytes[at] !== CLOSE_BRACKET; index++) {
    at = rows ? instances.examineRow(at, index) : instances.examinePlain(at, index, only);
    at = skipBlanks(bytes, at);
    if (bytes[at] !== CLOSE_BRACKET) at = skipBlanks(bytes, at + 1);
  }
  throw unexplained();
}

/** As {@link explainInstances}, for the value of `inputs`. */
export function explainInputs(bytes: Buffer, at: number, inputs: Inputs): never {
  if (bytes[at] !== OPEN_BRACE || (inputs.size === 1 && !isRow(bytes, at))) {
    const [only] = inputs.values();
    if (only === undefined) throw invalid('The signature has no inputs: expected {"inputs": {}}');
    if (inputs.size > 1) throw invalid(`inputs is a plain value/list, but expecting an object as ${SEVERAL}`);
    new ValueExaminer(bytes, only.dtype, MAX_RANK).examine(at);
    throw unexplained();
  }
  const seen = new Set<string>();
  const walker = new ObjectWalker(bytes);
  for (at = walker.enter(at); at >= 0; at = walker.next(skipValue(bytes, at))) {
    const spec = inputs.get(walker.key);
    if (spec === undefined || seen.has(walker.key)) continue;
    seen.add(walker.key);
    new ValueExaminer(bytes, spec.dtype, MAX_RANK).examine(at);
  }
  const [missing] = missingInputs({ inputs }, (name) => seen.has(name));
  if (missing !== undefined) {
    throw invalid(`Missing named input: ${missing} in 'inputs' object. Expected the keys ${names(inputs)}`);
  }
  throw unexplained();
}

/** Walks over instances, each of which must be like the first. */
class InstanceExaminer {
  readonly #bytes: Buffer;
  readonly #inputs: Inputs;
  readonly #values = new Map<string, ValueExaminer>();
  /** What the values of the first instance look like. */
  readonly #expected = new Map<string, ValueForm>();
  readonly #walker: ObjectWalker;
  /** Of the first instance, where that is an object. */
  #keys: ReadonlySet<string> | undefined;

  constructor(bytes: Buffer, inputs: Inputs) {
    this.#bytes = bytes;
    this.#inputs = inputs;
    this.#walker = new ObjectWalker(bytes);
    for (const [name, { dtype }] of inputs) this.#values.set(name, new ValueExaminer(bytes, dtype, MAX_RANK - 1));
  }

  /** Examines an instance that should be an object of all inputs; gives the position after it. */
  examineRow(at: number, index: number): number {
    if (!isRow(this.#bytes, at)) {
      const got = this.#bytes[at] === OPEN_BRACKET ? "list" : "value";
      throw failed(index, undefined, invalid(`Expecting object but got ${got}, as the first instance is an object`));
    }
    const walker = this.#walker;
    const seen = new Set<string>();
    for (at = walker.enter(at); at >= 0; at = walker.next(at)) {
      const { key } = walker;
      if (!this.#inputs.has(key)) {
        const unknown = `JSON object: does not have named input: ${clip(key)}. Expected the keys ${names(this.#inputs)}`;
        throw failed(index, key, invalid(unknown));
      }
      if (seen.has(key)) throw failed(index, key, invalid("The key comes twice in one object"));
      seen.add(key);
      at = this.#examine(at, index, key, key);
    }
    this.#keys ??= seen;
    const isLikeFirst = seen.size === this.#keys.size && [...seen].every((key) => this.#keys?.has(key));
    if (!isLikeFirst || missingInputs({ inputs: this.#inputs }, (name) => seen.has(name)).length > 0) {
      throw failed(index, undefined, invalid(`JSON object: keys must be equal to: ${names(this.#inputs)}`));
    }
    return walker.end;
  }

  /** Examines an instance that should be the value of the only input; gives the position after it. */
  examinePlain(at: number, index: number, name: string): number {
    if (!isRow(this.#bytes, at)) return this.#examine(at, index, name, undefined);
    const object = "Expecting value/list but got object, as the first instance is not an object";
    throw failed(index, undefined, invalid(object));
  }

  #examine(at: number, index: number, name: string, key: string | undefined): number {
    try {
      const form = this.#values.get(name)?.examine(at);
      if (form === undefined) throw unexplained();
      const expected = this.#expected.get(name);
      if (expected === undefined) this.#expected.set(name, form);
      else compare(form, expected);
      return form.end;
    } catch (thrown) {
      throw failed(index, key, PlinthError.from(thrown));
    }
  }
}

function compare(form: ValueForm, expected: ValueForm): void {
  if (form.size !== expected.size) {
    throw ragged(`Expecting tensor size: ${expected.size} but got: ${form.size}`);
  }
  const { shape } = form;
  if (shape.length !== expected.shape.length || shape.some((length, axis) => length !== expected.shape[axis])) {
    throw ragged(`Expecting shape ${formatShape(expected.shape)} but got: ${formatShape(shape)}`);
  }
}

function failed(index: number, key: string | undefined, error: PlinthError): PlinthError {
  const where = key === undefined ? `${index}` : `${index} key: ${clip(key)}`;
  return new PlinthError(
    { code: error.code, reason: error.reason },
    `Failed to process element: ${where} of 'instances' list. Error: ${error.code}: ${error.message}`,
    { details: { ...error.details, instance: index, ...(key !== undefined && { input: clip(key) }) } },
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
