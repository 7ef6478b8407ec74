import { formatShape, missingInputs, PlinthError, type Signature, type TensorSpec } from "@plinth/core";
import { datatypeOf } from "./datatypes.js";
import type { InputForm, NamedTensor } from "./inference-request.js";

/** Most axes of a tensor: TensorFlow's bound. */
const MAX_RANK = 254;

/**
 * The shape of an input as a request gives it.
 *
 * @throws PlinthError `REQUEST_INVALID` where it is no list of non-negative integers, or has more elements than can be counted
 */
export function checkShape(shape: unknown, name: string): readonly number[] {
  const isShape =
    Array.isArray(shape) &&
    shape.length <= MAX_RANK &&
    shape.every((length) => Number.isSafeInteger(length) && length >= 0) &&
    Number.isSafeInteger(shape.reduce((count, length) => count * length, 1));
  if (isShape) return shape;
  throw new PlinthError(
    "REQUEST_INVALID",
    `Unable to parse 'shape' of input '${name}': expected a list of non-negative integers, got ${clip(JSON.stringify(shape))}`,
    { details: { input: name } },
  );
}

/**
 * Holds the inputs of a request against the signature, with the texts that clients of Triton know.
 *
 * @throws PlinthError `INPUT_MISSING`, `INPUT_UNKNOWN`, `INPUT_DTYPE_MISMATCH`, `INPUT_SHAPE_MISMATCH`; `REQUEST_INVALID` for one that
 * comes twice
 */
export function checkInputs(model: string, signature: Signature, inputs: readonly NamedTensor[]): void {
  const names = new Set<string>();
  for (const { name, tensor } of inputs) {
    if (names.has(name)) throw twice(name);
    names.add(name);
    const spec = signature.inputs.get(name);
    if (spec === undefined) throw unknown(model, name, signature);
    checkForm(model, signature, spec, { name, dtype: tensor.dtype, shape: tensor.shape });
  }
  const absent = names.size < signature.inputs.size ? missingInputs(signature, (name) => names.has(name)) : [];
  if (absent.length > 0) throw missing(model, signature, names, absent);
}

function checkForm(model: string, { shapes }: Signature, spec: TensorSpec, { name, dtype, shape }: InputForm): void {
  if (dtype !== spec.dtype) {
    throw new PlinthError(
      "INPUT_DTYPE_MISMATCH",
      `inference input '${name}' data-type is '${datatypeOf(dtype)}', but model '${model}' expects '${datatypeOf(spec.dtype)}'`,
      { details: { input: name, expected: spec.dtype, got: dtype } },
    );
  }
  if (shapes === "advisory" || spec.shape === undefined || fits(spec.shape, shape)) return;
  throw new PlinthError(
    "INPUT_SHAPE_MISMATCH",
    `unexpected shape for input '${name}' for model '${model}'. Expected ${formatShape(spec.shape)}, got ${formatShape(shape)}. ` +
      "All dimensions count, that of the batch included; -1 is any length",
    { details: { input: name, expected: spec.shape, got: shape } },
  );
}

function fits(expected: readonly number[], got: readonly number[]): boolean {
  return expected.length === got.length && expected.every((length, axis) => length === -1 || length === got[axis]);
}

function missing(
  model: string,
  { inputs }: Signature,
  names: ReadonlySet<string>,
  absent: readonly string[],
): PlinthError {
  return new PlinthError(
    "INPUT_MISSING",
    `expected ${inputs.size} inputs but got ${names.size} inputs for model '${model}'. Got input(s) ${listed(names)}, but ` +
      `missing required input(s) ${listed(absent)}. Please provide all required input(s).`,
    { details: { inputs: absent } },
  );
}

function unknown(model: string, name: string, { inputs }: Signature): PlinthError {
  return new PlinthError(
    "INPUT_UNKNOWN",
    `unexpected inference input '${clip(name)}' for model '${model}'. Its inputs are ${listed(inputs.keys())}`,
    { details: { input: name } },
  );
}

function twice(name: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", `input '${clip(name)}' already exists in request`);
}

function listed(names: Iterable<string>): string {
  return `[${[...names].map((name) => `'${clip(name)}'`).join(",")}]`;
}

function clip(text: string | undefined): string {
  return text === undefined ? "nothing" : text.length <= 256 ? text : `${text.slice(0, 256)}...`;
}
