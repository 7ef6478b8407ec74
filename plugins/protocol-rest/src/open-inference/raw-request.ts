import { bytesPerElement, type DType, elementCount, formatShape, PlinthError, type Signature } from "@plinth/core";
import { type InferenceRequest, type NamedTensor, readRawTensor } from "@plinth/open-inference";

/**
 * The request that a body without JSON is: the elements of the only input, and all outputs raw. An open axis gets the length that the
 * bytes give; of two the first is that of a batch of one. The body of a `BYTES` input is one element, without its length.
 *
 * @throws PlinthError `REQUEST_INVALID` for a model with several inputs or open axes, `TENSOR_INVALID` for another number of bytes
 */
export function decodeRawRequest(body: Buffer, model: string, { inputs }: Signature): InferenceRequest {
  const [only] = inputs;
  if (only === undefined || inputs.size > 1) {
    throw invalid(`Raw request must only have 1 input, but model '${model}' has ${inputs.size}: send JSON with it`);
  }
  const [name, { dtype, shape = [-1] }] = only;
  const parameters = new Map([["binary_data_output", true]]);
  return { id: undefined, parameters, inputs: [{ name, tensor: tensorOf(body, dtype, shape, name) }], outputs: [] };
}

function tensorOf(body: Buffer, dtype: DType, shape: readonly number[], name: string): NamedTensor["tensor"] {
  const elementBytes = bytesPerElement(dtype);
  if (elementBytes === undefined) return { dtype: "string", shape: shape.map(() => 1), data: [body] };
  return readRawTensor(dtype, closed(shape, body.length / elementBytes, name), body, name);
}

/** The shape with lengths for its open axes. */
function closed(shape: readonly number[], elements: number, name: string): readonly number[] {
  const open = shape.flatMap((length, axis) => (length === -1 ? [axis] : []));
  const isBatch = open.length === 2 && open[0] === 0;
  const axis = isBatch ? open[1] : open[0];
  if (open.length > (isBatch ? 2 : 1)) {
    throw invalid(
      `The shape of input '${name}' cannot be told from raw bytes: ${formatShape(shape)} has several open axes`,
    );
  }
  const batched = isBatch ? [1, ...shape.slice(1)] : shape;
  if (axis === undefined) return batched;
  const rest = elementCount(batched.filter((_, index) => index !== axis));
  return batched.map((length, index) => (index === axis ? Math.floor(rest === 0 ? 0 : elements / rest) : length));
}

function invalid(message: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", message);
}
