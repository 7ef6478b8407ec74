import { allocateData, type DTypeData, partsPerElement } from "../../model/dtype.js";
import { PlinthError } from "../../model/errors.js";
import { elementCount, type Tensor } from "../../model/tensor.js";

/** Padding to other lengths may not make more than this of a batch, in elements, ... */
const MAX_PADDED_ELEMENTS = 1 << 24;

/** ... unless it makes no more than this many times of what was sent. */
const MAX_GROWTH = 4;

/** An array of a tensor as all of them can be treated, numbers and byte strings alike. */
type Elements = { [index: number]: unknown; readonly length: number };

/**
 * One tensor of the rows of all, in order, then the first row again until there are `size`: rows that are made up have to be such as the
 * model takes, and nobody sees their answers. A single tensor that needs no padding is given back as it is, not copied.
 *
 * Where lengths on other axes differ, each tensor is padded to the longest with its own first element (TensorFlow Serving's
 * `pad_variable_length_inputs`), or with zero where it has none.
 *
 * @param tensors at least one, of one dtype and one rank of at least 1
 * @throws PlinthError `BATCH_TOO_LARGE` where that would blow up a few long ones to more memory than their senders have paid for
 */
export function joinRows(tensors: readonly Tensor[], size: number): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new RangeError("There is nothing to join");
  const rowShape = longest(tensors);
  if (tensors.length === 1 && first.shape[0] === size) return first;
  checkGrowth(tensors, rowShape);
  const rowLength = elementCount(rowShape) * partsPerElement(first.dtype);
  const data = allocateData(first.dtype, size * elementCount(rowShape));
  let at = 0;
  for (const tensor of tensors) {
    if (isOfRowShape(tensor, rowShape)) copyElements(tensor.data, data, at);
    else spread(tensor, rowShape, data, at);
    at += (tensor.shape[0] ?? 0) * rowLength;
  }
  for (; at < data.length; at += rowLength) repeatFirst(data, at, rowLength);
  return { dtype: first.dtype, shape: [size, ...rowShape], data } as Tensor;
}

/** The greatest length on each axis but the first. */
function longest(tensors: readonly Tensor[]): readonly number[] {
  const [first] = tensors;
  return (first?.shape ?? []).slice(1).map((_, axis) => Math.max(...tensors.map(({ shape }) => shape[axis + 1] ?? 0)));
}

/** Rows that are added to reach an allowed size do not count: their number is the operator's choice. */
function checkGrowth(tensors: readonly Tensor[], rowShape: readonly number[]): void {
  const elements = tensors.reduce((rows, { shape }) => rows + (shape[0] ?? 0), 0) * elementCount(rowShape);
  if (elements <= MAX_PADDED_ELEMENTS) return;
  const sent = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  if (elements <= MAX_GROWTH * sent) return;
  throw new PlinthError(
    "BATCH_TOO_LARGE",
    `Padding requests to the longest of them is expected to make at most ${MAX_GROWTH} times of their ${sent} elements, got ${elements}`,
  );
}

function isOfRowShape({ shape }: Tensor, rowShape: readonly number[]): boolean {
  return rowShape.every((length, axis) => shape[axis + 1] === length);
}

function copyElements(from: Tensor["data"], to: DTypeData[keyof DTypeData], at: number): void {
  if (!Array.isArray(to)) {
    (to as Float32Array).set(from as Float32Array, at);
    return;
  }
  for (let index = 0; index < from.length; index++) to[at + index] = (from as readonly Uint8Array[])[index];
}

function repeatFirst(data: DTypeData[keyof DTypeData], at: number, length: number): void {
  if (Array.isArray(data)) {
    data.copyWithin(at, 0, length);
    return;
  }
  (data as Float32Array).copyWithin(at, 0, length);
}

/** Writes the rows of a tensor with every axis but the first lengthened to that of `rowShape`. */
function spread(tensor: Tensor, rowShape: readonly number[], data: DTypeData[keyof DTypeData], at: number): void {
  const parts = partsPerElement(tensor.dtype);
  const from = tensor.data as Elements;
  const to = data as Elements;
  const rows = tensor.shape[0] ?? 0;
  const end = at + rows * elementCount(rowShape) * parts;
  if (from.length > 0) for (let index = at; index < end; index++) to[index] = from[(index - at) % parts];
  const shape = [rows, ...rowShape];
  let read = 0;
  const copy = (axis: number, offset: number): void => {
    const length = tensor.shape[axis] ?? 0;
    const stride = elementCount(shape.slice(axis + 1)) * parts;
    if (axis === shape.length - 1) {
      for (let index = 0; index < length * parts; index++) to[offset + index] = from[read++];
      return;
    }
    for (let index = 0; index < length; index++) copy(axis + 1, offset + index * stride);
  };
  copy(0, at);
}
