import { createTensor, type DType, elementCount, formatShape, PlinthError, type Tensor } from "@plinth/core";
import type { InputForm } from "@plinth/open-inference";
import { ValueExaminer } from "../json/examine-value.js";
import { skipValue } from "../json/skip-value.js";
import { MAX_RANK, TensorReader } from "../json/tensor-reader.js";

/** Elements as they stand in the document, and where that ends. */
export interface DataRead {
  readonly tensor: Tensor;
  readonly end: number;
}

/** @throws PlinthError `REQUEST_INVALID` for bad syntax, `TENSOR_INVALID` for elements that are not of the dtype */
export function readData(bytes: Buffer, at: number, dtype: DType): DataRead {
  const reader = new TensorReader(bytes, dtype, "single");
  const end = reader.read(at);
  if (end >= 0) return { tensor: reader.finish(), end };
  skipValue(bytes, at);
  new ValueExaminer(bytes, dtype, MAX_RANK).examine(at);
  throw new PlinthError("INTERNAL", "The data could not be read, for a reason that is not known: please report this");
}

/**
 * The elements in the shape that the client says.
 *
 * @throws PlinthError `TENSOR_INVALID` where they are neither flat, and as many, nor nested in just that way
 */
export function shaped({ dtype, data, shape: written }: Tensor, { name, shape }: InputForm): Tensor {
  const count = elementCount(shape);
  const isFlat = written.length === 1 && written[0] === count;
  if (isFlat || formatShape(written) === formatShape(shape)) return createTensor(dtype, shape, data) as Tensor;
  throw new PlinthError(
    "TENSOR_INVALID",
    `Unable to parse 'data' of input '${name}': expected ${count} elements for the shape ${formatShape(shape)}, flat or nested as it ` +
      `says, got lists of ${formatShape(written)}`,
    { details: { input: name } },
  );
}
