import { type DType, type DTypeData, holdsDType, partsPerElement } from "./dtype.js";
import { PlinthError } from "./errors.js";

/**
 * A dense array of numbers or byte strings.
 *
 * `shape` holds non-negative safe integers; `[]` is a scalar of one element. `data` is row-major (the last dimension runs
 * fastest) and holds exactly the product of `shape` elements. It may be a view over a larger buffer, also over
 * one that is shared between threads.
 *
 * Who owns `data`: a tensor handed to the server belongs to the server until the promise of that call settles; nobody may
 * write to it meanwhile. A tensor handed out belongs to the receiver.
 *
 * Switching on `dtype` narrows the type of `data`.
 */
export type Tensor<D extends DType = DType> = D extends DType
  ? { readonly dtype: D; readonly shape: readonly number[]; readonly data: DTypeData[D] }
  : never;

/** Tensors by input or output name. A `Map`, because names come from models and clients and may be `__proto__`. */
export type NamedTensors = ReadonlyMap<string, Tensor>;

/** Elements of a tensor of this shape: the product of its dimensions, 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dimension of shape) count *= dimension;
  return count;
}

/**
 * A checked tensor; use it wherever the parts come from outside.
 *
 * @throws PlinthError `TENSOR_INVALID` where a dimension is no non-negative safe integer, the array is of another kind than
 * the dtype needs, or its length does not fit the shape.
 */
export function createTensor<D extends DType>(dtype: D, shape: readonly number[], data: DTypeData[D]): Tensor<D> {
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) {
      throw new PlinthError(
        "TENSOR_INVALID",
        `Expected dimensions that are non-negative integers, got ${dimension} in ${formatShape(shape)}`,
      );
    }
  }
  if (!holdsDType(dtype, data)) {
    throw new PlinthError(
      "TENSOR_INVALID",
      `A tensor of ${dtype} cannot be kept in ${(data as object)?.constructor?.name ?? typeof data}`,
    );
  }
  const expected = elementCount(shape) * partsPerElement(dtype);
  if (data.length !== expected) {
    throw new PlinthError(
      "TENSOR_INVALID",
      `A tensor of ${dtype} and shape ${formatShape(shape)} needs ${expected} array elements, got ${data.length}`,
    );
  }
  return { dtype, shape, data } as unknown as Tensor<D>;
}

/** A shape as people write it: `[2,-1]`, or `unknown rank` where it is undefined. */
export function formatShape(shape: readonly number[] | undefined): string {
  return shape === undefined ? "unknown rank" : `[${shape.join(",")}]`;
}
