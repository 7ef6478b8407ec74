import * as tf from "@tensorflow/tfjs-core";
import { boolOf, intOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import type { Value } from "../graph/values.js";
import type { EngineType } from "../tensors/element-types.js";
import { makeTensor } from "../tensors/to-engine.js";
import { valueError } from "../value-error.js";
import { type Element, elementsAt, elementTensor, integerRows, integerVector } from "./elements.js";
import { integersAt, numberAt, type Ops, plain, positiveAxis, tensorAt } from "./kernels.js";
import { checkSize } from "./shapes.js";

interface Entry {
  readonly place: readonly number[];
  readonly value: Element;
}

function entriesAt(inputs: readonly Value[], places: number, values: number): Entry[] {
  const width = tensorAt(inputs, places).shape[1] ?? 1;
  const flat = integersAt(inputs, places);
  return Array.from(elementsAt(inputs, values), (value, index) => ({
    place: flat.slice(index * width, (index + 1) * width),
    value,
  }));
}

function inOrder(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => {
    const axis = a.place.findIndex((index, at) => index !== b.place[at]);
    return axis === -1 ? 0 : (a.place[axis] as number) - (b.place[axis] as number);
  });
}

function sparseOutputs(entries: readonly Entry[], rank: number, type: string): [tf.Tensor, tf.Tensor] {
  return [
    integerRows(
      entries.map(({ place }) => place),
      rank,
    ),
    elementTensor(
      entries.map(({ value }) => value),
      [entries.length],
      type as EngineType,
    ),
  ];
}

const reorder: CompileOp = plain((inputs) =>
  sparseOutputs(inOrder(entriesAt(inputs, 0, 1)), integersAt(inputs, 2).length, tensorAt(inputs, 1).dtype),
);

const concat: CompileOp = (node) => {
  const [count, asked] = [intOf(node, "N"), intOf(node, "concat_dim")];
  return (inputs) => {
    const shapes = Array.from({ length: count }, (_, index) => integersAt(inputs, 2 * count + index));
    const shape = [...(shapes[0] ?? [])];
    const axis = positiveAxis(asked, shape.length);
    let offset = 0;
    const entries = shapes.flatMap((each, index) => {
      const moved = entriesAt(inputs, index, count + index).map(({ place, value }) => ({
        place: place.with(axis, (place[axis] as number) + offset),
        value,
      }));
      offset += each[axis] ?? 0;
      return moved;
    });
    shape[axis] = offset;
    return [...sparseOutputs(inOrder(entries), shape.length, tensorAt(inputs, count).dtype), integerVector(shape)];
  };
};

const slice: CompileOp = plain((inputs) => {
  const [shape, start, size] = [integersAt(inputs, 2), integersAt(inputs, 3), integersAt(inputs, 4)];
  const lengths = shape.map((length, axis) => Math.max(0, Math.min(size[axis] ?? 0, length - (start[axis] ?? 0))));
  const entries = entriesAt(inputs, 0, 1)
    .map(({ place, value }) => ({ place: place.map((index, axis) => index - (start[axis] ?? 0)), value }))
    .filter(({ place }) => place.every((index, axis) => index >= 0 && index < (lengths[axis] ?? 0)));
  return [...sparseOutputs(entries, shape.length, tensorAt(inputs, 1).dtype), integerVector(lengths)];
});

/** Sums or maxima along axes, as a dense tensor; what nothing stands in is 0. */
const reduction =
  (combine: (total: number, value: number) => number): CompileOp =>
  (node) => {
    const keepDims = boolOf(node, "keep_dims");
    return (inputs) => {
      const shape = integersAt(inputs, 2);
      const axes = integersAt(inputs, 3).map((axis) => positiveAxis(axis, shape.length));
      const reduced = axes.length === 0 ? shape.map((_, axis) => axis) : axes;
      const kept = shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
      const lengths = checkSize(kept.map((axis) => shape[axis] as number));
      const totals = new Map<number, number>();
      for (const { place, value } of entriesAt(inputs, 0, 1)) {
        const target = kept.reduce((at, axis, index) => at * (lengths[index] as number) + (place[axis] as number), 0);
        const total = totals.get(target);
        totals.set(target, total === undefined ? (value as number) : combine(total, value as number));
      }
      const size = lengths.reduce((product, length) => product * length, 1);
      const outputShape = keepDims ? shape.map((length, axis) => (reduced.includes(axis) ? 1 : length)) : lengths;
      const values = Array.from({ length: size }, (_, at) => totals.get(at) ?? 0);
      return elementTensor(values, outputShape, tensorAt(inputs, 1).dtype as EngineType);
    };
  };

const matMul: CompileOp = (node) => {
  const [isAdjointA, isAdjointB] = [boolOf(node, "adjoint_a"), boolOf(node, "adjoint_b")];
  return (inputs) => {
    const [rows = 0, columns = 0] = isAdjointA ? integersAt(inputs, 2).reverse() : integersAt(inputs, 2);
    const b = isAdjointB ? tf.transpose(tensorAt(inputs, 3)) : tensorAt(inputs, 3);
    const width = b.shape[1] ?? 0;
    const factors = b.dataSync<"float32">();
    const product = new Float32Array(rows * width);
    for (const { place, value } of entriesAt(inputs, 0, 1)) {
      const [row = 0, column = 0] = isAdjointA ? [...place].reverse() : place;
      if (row >= rows || column >= columns || column >= (b.shape[0] ?? 0)) {
        throw valueError(`The index [${place}] is outside of the shape [${rows},${columns}]`);
      }
      for (let at = 0; at < width; at++) {
        product[row * width + at] =
          (product[row * width + at] as number) + (value as number) * (factors[column * width + at] as number);
      }
    }
    return makeTensor(product, [rows, width], "float32");
  };
};

/** Sums of picked rows by segment, over the root of how many there are. */
const segmentSqrtN: CompileOp = (node) => {
  const hasCount = node.op.endsWith("WithNumSegments");
  return (inputs) => {
    const [data, rows, segments] = [tensorAt(inputs, 0), integersAt(inputs, 1), integersAt(inputs, 2)];
    const count = hasCount ? numberAt(inputs, 3) : (segments.at(-1) ?? -1) + 1;
    const inner = data.shape.slice(1);
    const width = tf.util.sizeFromShape(inner);
    const values = data.dataSync<"float32">();
    const sums = new Float32Array(tf.util.sizeFromShape(checkSize([count, ...inner])));
    const sizes = new Int32Array(count);
    for (const [index, segment] of segments.entries()) {
      const row = rows[index] ?? -1;
      if (segment < 0 || segment >= count || row < 0 || row >= (data.shape[0] ?? 0)) {
        throw valueError(`The row ${row} of segment ${segment} is outside of the shape [${data.shape}]`);
      }
      sizes[segment] = (sizes[segment] as number) + 1;
      for (let at = 0; at < width; at++) {
        sums[segment * width + at] = (sums[segment * width + at] as number) + (values[row * width + at] as number);
      }
    }
    const means = sums.map((sum, at) => sum / Math.sqrt(Math.max(1, sizes[Math.floor(at / width)] as number)));
    return makeTensor(means, [count, ...inner], "float32");
  };
};

/** Ops on sparse tensors: places, values and a shape. */
export const SPARSE: Ops = {
  SparseConcat: concat,
  SparseReduceMax: reduction(Math.max),
  SparseReduceSum: reduction((total, value) => total + value),
  SparseReorder: reorder,
  SparseSegmentSqrtN: segmentSqrtN,
  SparseSegmentSqrtNWithNumSegments: segmentSqrtN,
  SparseSlice: slice,
  SparseTensorDenseMatMul: matMul,
};
