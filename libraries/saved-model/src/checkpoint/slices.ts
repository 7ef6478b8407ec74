import type { ConstantTensor } from "../constant-tensor.js";
import { elementBytes } from "../element-type.js";
import type { Extent } from "../messages/bundle-message.js";
import { SavedModelError } from "../saved-model-error.js";

/** A part of a tensor: where it begins and how long it is in each dimension. */
export interface Slice {
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
}

/**
 * `RestoreV2`'s way to write a slice, after the shape of the whole: `10 3 0,4:-` is rows 0 to 3 of a tensor of 10 by 3.
 *
 * @throws SavedModelError `GRAPH_INVALID`
 */
export function parseShapeAndSlice(text: string): {
  readonly shape: readonly number[];
  readonly extents: readonly Extent[];
} {
  const words = text.trim().split(" ");
  const shape = words.slice(0, -1).map(Number);
  const extents = (words.at(-1) ?? "").split(":").map((extent) => parseExtent(extent));
  const numbers = [...shape, ...extents.flatMap(({ start, length }) => [start, length ?? 0])];
  if (shape.length !== extents.length || numbers.some((number) => !Number.isSafeInteger(number) || number < 0)) {
    throw new SavedModelError(
      "GRAPH_INVALID",
      `Expected a shape and a slice of it, as "10 3 0,4:-", got ${JSON.stringify(text)}`,
    );
  }
  return { shape, extents };
}

function parseExtent(text: string): Extent {
  if (text === "-") return { start: 0, length: undefined };
  const [start, length, ...more] = text.split(",");
  return { start: Number(start), length: more.length > 0 ? Number.NaN : Number(length) };
}

/** @throws SavedModelError `GRAPH_INVALID` where the slice is not inside of the shape */
export function sliceOf(shape: readonly number[], extents: readonly Extent[], name: string): Slice {
  const starts = extents.map(({ start }) => start);
  const lengths = extents.map(({ start, length }, axis) => length ?? (shape[axis] ?? 0) - start);
  const isInside =
    extents.length === shape.length &&
    shape.every((size, axis) => {
      const [start = -1, length = -1] = [starts[axis], lengths[axis]];
      return start >= 0 && length >= 0 && start + length <= size;
    });
  if (!isInside) {
    throw new SavedModelError("GRAPH_INVALID", `A slice of variable ${name} is not inside of its shape [${shape}]`);
  }
  return { starts, lengths };
}

/** A tensor to be filled from its slices. */
export class Assembly {
  readonly tensor: ConstantTensor;
  readonly #name: string;
  #missing: number;

  constructor(dtype: ConstantTensor["dtype"], shape: readonly number[], name: string) {
    const count = shape.reduce((product, size) => product * size, 1);
    this.#name = name;
    this.#missing = count;
    this.tensor =
      dtype === "string"
        ? { dtype, shape, strings: new Array<Uint8Array>(count).fill(new Uint8Array(0)) }
        : { dtype, shape, bytes: new Uint8Array(count * (elementBytes(dtype) ?? 0)) };
  }

  add(part: ConstantTensor, { starts }: Slice): void {
    copyBlock(
      part,
      part.shape.map(() => 0),
      this.tensor,
      starts,
      part.shape,
    );
    this.#missing -= part.shape.reduce((product, size) => product * size, 1);
  }

  /** @throws SavedModelError `VARIABLE_MISSING` where slices are missing */
  finish(): ConstantTensor {
    if (this.#missing > 0) {
      throw new SavedModelError(
        "VARIABLE_MISSING",
        `Variable ${this.#name} is not whole: ${this.#missing} elements are in no slice`,
      );
    }
    return this.tensor;
  }
}

/** The part of a tensor that a slice is. */
export function cut(whole: ConstantTensor, { starts, lengths }: Slice, name: string): ConstantTensor {
  const part = new Assembly(whole.dtype, lengths, name).tensor;
  copyBlock(
    whole,
    starts,
    part,
    lengths.map(() => 0),
    lengths,
  );
  return part;
}

/** Copies a block of `lengths` from one place of a tensor to one of another, run by run of its last dimension. */
function copyBlock(
  from: ConstantTensor,
  fromStarts: readonly number[],
  to: ConstantTensor,
  toStarts: readonly number[],
  lengths: readonly number[],
): void {
  if (lengths.includes(0)) return;
  const run = lengths.at(-1) ?? 1;
  const at = lengths.map(() => 0);
  for (;;) {
    copyRun(from, place(from.shape, fromStarts, at), to, place(to.shape, toStarts, at), run);
    let axis = lengths.length - 2;
    while (axis >= 0 && (at[axis] as number) + 1 === lengths[axis]) at[axis--] = 0;
    if (axis < 0) return;
    at[axis] = (at[axis] as number) + 1;
  }
}

function place(shape: readonly number[], starts: readonly number[], at: readonly number[]): number {
  return shape.reduce((index, size, axis) => index * size + (starts[axis] as number) + (at[axis] as number), 0);
}

function copyRun(from: ConstantTensor, fromIndex: number, to: ConstantTensor, toIndex: number, length: number): void {
  if (from.dtype === "string" && to.dtype === "string") {
    const strings = to.strings as Uint8Array[];
    for (let index = 0; index < length; index++) {
      strings[toIndex + index] = from.strings[fromIndex + index] as Uint8Array;
    }
  } else if (from.dtype !== "string" && to.dtype !== "string") {
    const width = elementBytes(from.dtype) ?? 0;
    to.bytes.set(from.bytes.subarray(fromIndex * width, (fromIndex + length) * width), toIndex * width);
  }
}
