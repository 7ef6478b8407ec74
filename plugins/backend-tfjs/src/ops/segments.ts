import * as tf from "@tensorflow/tfjs-core";
import { intOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { valueError } from "../value-error.js";
import { integersAt, numberAt, type Ops, plain, runKernel, tensorAt } from "./kernels.js";
import { checkSize } from "./shapes.js";

interface Reduction {
  readonly start: number;
  readonly combine: (total: number, value: number) => number;
}

const SUM: Reduction = { start: 0, combine: (total, value) => total + value };
const PRODUCT: Reduction = { start: 1, combine: (total, value) => total * value };
const LARGEST: Reduction = { start: -Infinity, combine: Math.max };
const SMALLEST: Reduction = { start: Infinity, combine: Math.min };

/** What a segment without rows is, of whole numbers. */
const WHOLE_EXTREMES: ReadonlyMap<number, number> = new Map([
  [-Infinity, -(2 ** 31)],
  [Infinity, 2 ** 31 - 1],
]);

/** Rows of equal numbers are made one; negative numbers are left out. */
function reduceSegments(
  data: tf.Tensor,
  segments: readonly number[],
  count: number,
  how: Reduction,
  empty: number,
): tf.Tensor {
  const rank = segments.length === data.size ? data.rank : 1;
  const inner = data.shape.slice(rank);
  const shape = checkSize([count, ...inner]);
  const width = tf.util.sizeFromShape(inner);
  const values = readValues(data) as Float32Array;
  const isWhole = data.dtype === "int32";
  const result = isWhole ? new Int32Array(count * width) : new Float32Array(count * width);
  const isFilled = new Uint8Array(count);
  const totals = new Float64Array(count * width).fill(how.start);
  for (const [row, segment] of segments.entries()) {
    if (segment < 0) continue;
    if (segment >= count) throw valueError(`The segment ${segment} is outside of ${count}`);
    isFilled[segment] = 1;
    for (let at = 0; at < width; at++) {
      const target = segment * width + at;
      totals[target] = how.combine(totals[target] as number, values[row * width + at] as number);
    }
  }
  for (let at = 0; at < result.length; at++) {
    result[at] = isFilled[Math.floor(at / width)] === 1 ? (totals[at] as number) : empty;
  }
  return makeTensor(result, shape, isWhole ? "int32" : "float32");
}

const unsorted = (how: Reduction): CompileOp =>
  plain((inputs) => {
    const data = tensorAt(inputs, 0);
    const empty = data.dtype === "int32" ? (WHOLE_EXTREMES.get(how.start) ?? how.start) : Math.fround(how.start);
    const lowest = Math.abs(empty) === Infinity ? Math.sign(empty) * 3.4028234663852886e38 : empty;
    return reduceSegments(data, integersAt(inputs, 1), numberAt(inputs, 2), how, lowest);
  });

const sorted = (how: Reduction): CompileOp =>
  plain((inputs) => {
    const segments = integersAt(inputs, 1);
    return reduceSegments(tensorAt(inputs, 0), segments, (segments.at(-1) ?? -1) + 1, how, how === PRODUCT ? 1 : 0);
  });

const segmentMean: CompileOp = plain((inputs) => {
  const data = tensorAt(inputs, 0);
  const segments = integersAt(inputs, 1);
  const count = (segments.at(-1) ?? -1) + 1;
  return tf.tidy(() => {
    const sums = reduceSegments(data, segments, count, SUM, 0);
    const sizes = new Float32Array(count);
    for (const segment of segments) sizes[segment] = (sizes[segment] ?? 0) + 1;
    const divisors = makeTensor(
      sizes.map((size) => Math.max(size, 1)),
      [count, ...data.shape.slice(1).fill(1)],
      "float32",
    );
    return tf.div(sums, divisors);
  });
});

/** Rows go into as many tensors as there are numbers. */
const partition: CompileOp = (node) => {
  const count = intOf(node, "num_partitions");
  return (inputs) => {
    const data = tensorAt(inputs, 0);
    const numbers = integersAt(inputs, 1);
    const inner = data.shape.slice(tensorAt(inputs, 1).rank);
    const rows = tf.reshape(data, [numbers.length, ...inner]);
    return Array.from({ length: count }, (_, wanted) => {
      const places = numbers.flatMap((number, row) => (number === wanted ? row : []));
      return runKernel("GatherV2", { x: rows, indices: vector(places) }, { axis: 0, batchDims: 0 });
    });
  };
};

/** The opposite: rows of several tensors in the places that their numbers say; the last one for a place stays. */
const stitch: CompileOp = plain((inputs) => {
  const count = inputs.length / 2;
  const numbers = inputs.slice(0, count).map((_, index) => integersAt(inputs, index));
  const all = numbers.flat();
  const inner = tensorAt(inputs, count).shape.slice(tensorAt(inputs, 0).rank);
  const pieces = numbers.map((each, index) => tf.reshape(tensorAt(inputs, count + index), [each.length, ...inner]));
  const rows = tf.concat(pieces, 0);
  const length = Math.max(-1, ...all) + 1;
  checkSize([length, ...inner]);
  const places = new Int32Array(length);
  for (const [row, place] of all.entries()) places[place] = row;
  return runKernel("GatherV2", { x: rows, indices: vector(places) }, { axis: 0, batchDims: 0 });
});

function vector(values: ArrayLike<number>): tf.Tensor {
  return makeTensor(Int32Array.from(values), [values.length], "int32");
}

/** Ops that make one row out of all rows of a segment, or share rows out. */
export const SEGMENTS: Ops = {
  DynamicPartition: partition,
  DynamicStitch: stitch,
  ParallelDynamicStitch: stitch,
  SegmentMax: sorted(LARGEST),
  SegmentMean: segmentMean,
  SegmentMin: sorted(SMALLEST),
  SegmentProd: sorted(PRODUCT),
  SegmentSum: sorted(SUM),
  UnsortedSegmentMax: unsorted(LARGEST),
  UnsortedSegmentMin: unsorted(SMALLEST),
  UnsortedSegmentProd: unsorted(PRODUCT),
  UnsortedSegmentSum: unsorted(SUM),
};
