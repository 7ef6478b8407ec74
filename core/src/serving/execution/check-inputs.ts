import { partsPerElement } from "../../model/dtype.js";
import { PlinthError } from "../../model/errors.js";
import { quotedNames } from "../../model/quoted-names.js";
import type { Signature, TensorSpec } from "../../model/signature.js";
import { elementCount, formatShape, type NamedTensors, type Tensor } from "../../model/tensor.js";

/**
 * Refuses inputs that the signature does not take. Those that have a default may be left out; {@link completeInputs} puts it in.
 *
 * @throws PlinthError `INPUT_MISSING`, `INPUT_UNKNOWN`, `INPUT_DTYPE_MISMATCH`, `INPUT_SHAPE_MISMATCH`, `TENSOR_INVALID`
 */
export function checkInputs(signature: Signature, inputs: NamedTensors): void {
  let known = 0;
  for (const [name, spec] of signature.inputs) {
    const tensor = inputs.get(name);
    if (tensor === undefined) {
      if (spec.default !== undefined) continue;
      throw missing(name, spec, inputs);
    }
    known++;
    if (tensor.dtype !== spec.dtype) throw wrongDType(name, spec, tensor);
    if (signature.shapes === "binding" && !fits(spec.shape, tensor.shape)) throw wrongShape(name, spec, tensor);
    if (tensor.data.length !== elementCount(tensor.shape) * partsPerElement(tensor.dtype)) throw torn(name, tensor);
  }
  if (inputs.size > known) throw unknown(signature, inputs);
}

/** All inputs of the signature: those that were checked, and the defaults of the others. */
export function completeInputs(signature: Signature, inputs: NamedTensors): NamedTensors {
  if (inputs.size === signature.inputs.size) return inputs;
  const complete = new Map(inputs);
  for (const [name, spec] of signature.inputs) {
    if (spec.default !== undefined && !complete.has(name)) complete.set(name, spec.default);
  }
  return complete;
}

function fits(expected: readonly number[] | undefined, got: readonly number[]): boolean {
  if (expected === undefined) return true;
  if (expected.length !== got.length) return false;
  for (let axis = 0; axis < expected.length; axis++) {
    if (expected[axis] !== -1 && expected[axis] !== got[axis]) return false;
  }
  return true;
}

function missing(name: string, spec: TensorSpec, inputs: NamedTensors): PlinthError {
  return new PlinthError(
    "INPUT_MISSING",
    `Input "${name}" is missing: expected ${spec.dtype} ${formatShape(spec.shape)}, got only ${quotedNames(inputs.keys())}`,
    { details: { input: name } },
  );
}

function unknown(signature: Signature, inputs: NamedTensors): PlinthError {
  const extra = [...inputs.keys()].filter((name) => !signature.inputs.has(name));
  return new PlinthError(
    "INPUT_UNKNOWN",
    `The signature has no input ${quotedNames(extra)}; its inputs are ${quotedNames(signature.inputs.keys())}`,
    { details: { inputs: extra } },
  );
}

function wrongDType(name: string, spec: TensorSpec, tensor: Tensor): PlinthError {
  return new PlinthError(
    "INPUT_DTYPE_MISMATCH",
    `Input "${name}" is expected to be ${spec.dtype}, got ${tensor.dtype}`,
    {
      details: { input: name, expected: spec.dtype, got: tensor.dtype },
    },
  );
}

function wrongShape(name: string, spec: TensorSpec, tensor: Tensor): PlinthError {
  return new PlinthError(
    "INPUT_SHAPE_MISMATCH",
    `Input "${name}" is expected to have shape ${formatShape(spec.shape)} (-1 is any length), got ${formatShape(tensor.shape)}`,
    { details: { input: name, expected: spec.shape, got: tensor.shape } },
  );
}

function torn(name: string, tensor: Tensor): PlinthError {
  return new PlinthError(
    "TENSOR_INVALID",
    `Input "${name}" of shape ${formatShape(tensor.shape)} needs ${elementCount(tensor.shape)} elements, got ${tensor.data.length}`,
    { details: { input: name } },
  );
}
