import type { Tensor } from "@tensorflow/tfjs-core";
import { boolOf, intOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import type { Value } from "../graph/values.js";
import type { EngineType } from "../tensors/element-types.js";
import { makeTensor } from "../tensors/to-engine.js";
import { valueError } from "../value-error.js";
import { elementsAt, elementTensor, integerRows, integerVector } from "./elements.js";
import { integersAt, numberAt, type Ops, plain, runKernel, tensorAt } from "./kernels.js";
import { checkSize } from "./shapes.js";

/** A run of rows, without its end. */
type Range = readonly [begin: number, end: number];

/** Where each row of the innermost level stands, by the splits of all levels. */
function placesOf(nested: readonly (readonly number[])[]): readonly (readonly number[])[] {
  let places: readonly (readonly number[])[] = Array.from({ length: (nested[0]?.length ?? 1) - 1 }, (_, row) => [row]);
  for (const splits of nested) {
    places = places.flatMap((place, row) =>
      Array.from({ length: (splits[row + 1] ?? 0) - (splits[row] ?? 0) }, (_, at) => [...place, at]),
    );
  }
  return places;
}

function longestRow(splits: readonly number[]): number {
  return splits.reduce((most, end, index) => Math.max(most, end - (splits[index - 1] ?? end)), 0);
}

const toSparse: CompileOp = (node) => {
  const raggedRank = intOf(node, "RAGGED_RANK");
  return (inputs) => {
    const nested = Array.from({ length: raggedRank }, (_, level) => integersAt(inputs, level));
    const values = tensorAt(inputs, raggedRank);
    const inner = values.shape.slice(1);
    const insides = inner.reduce<readonly (readonly number[])[]>(
      (places, length) => places.flatMap((place) => Array.from({ length }, (_, at) => [...place, at])),
      [[]],
    );
    const places = placesOf(nested).flatMap((place) => insides.map((inside) => [...place, ...inside]));
    const shape = [(nested[0]?.length ?? 1) - 1, ...nested.map(longestRow), ...inner];
    return [
      integerRows(places, shape.length),
      elementTensor(elementsAt(inputs, raggedRank), [places.length], values.dtype as EngineType),
      integerVector(shape),
    ];
  };
};

/** A row of numbers for each start, limit and step; one of them stands for all where there is but one. */
const range: CompileOp = plain((inputs) => {
  const [starts, limits, steps] = [0, 1, 2].map((index) => elementsAt(inputs, index) as ArrayLike<number>) as [
    ArrayLike<number>,
    ArrayLike<number>,
    ArrayLike<number>,
  ];
  const count = Math.max(starts.length, limits.length, steps.length);
  const at = (values: ArrayLike<number>, row: number) => values[values.length === 1 ? 0 : row] ?? 0;
  const splits = [0];
  const values: number[] = [];
  for (let row = 0; row < count; row++) {
    const step = at(steps, row);
    if (step === 0) throw valueError("The step of a range is 0");
    const length = Math.max(0, Math.ceil((at(limits, row) - at(starts, row)) / step));
    checkSize([values.length + length]);
    for (let index = 0; index < length; index++) values.push(at(starts, row) + index * step);
    splits.push(values.length);
  }
  return [integerVector(splits), elementTensor(values, [values.length], tensorAt(inputs, 0).dtype as EngineType)];
});

/** Rows by their numbers, with all that is in them. */
const gather: CompileOp = (node) => {
  const raggedRank = intOf(node, "PARAMS_RAGGED_RANK");
  return (inputs) => {
    const indices = tensorAt(inputs, raggedRank + 1);
    const outer = indices.shape.slice(0, -1).map((length, axis) => uniformSplits(indices.shape, axis, length));
    let ranges: readonly Range[] = integersAt(inputs, raggedRank + 1).map((row): Range => [row, row + 1]);
    const nested: Tensor[] = [];
    for (let level = 0; level < raggedRank; level++) {
      const splits = integersAt(inputs, level);
      nested.push(integerVector(splitsOf(ranges, splits)));
      ranges = ranges.map(([begin, end]): Range => [boundAt(splits, begin), boundAt(splits, end)]);
    }
    const rows = ranges.flatMap(([begin, end]) => Array.from({ length: end - begin }, (_, at) => begin + at));
    const values = runKernel(
      "GatherV2",
      { x: tensorAt(inputs, raggedRank), indices: integerVector(rows) },
      { axis: 0, batchDims: 0 },
    );
    return [...outer, ...nested, values];
  };
};

function boundAt(splits: readonly number[], row: number): number {
  const bound = splits[row];
  if (bound === undefined) throw valueError(`The row ${row} is outside of ${splits.length - 1}`);
  return bound;
}

function splitsOf(ranges: readonly Range[], splits: readonly number[]): readonly number[] {
  const result = [0];
  for (const [begin, end] of ranges) {
    for (let row = begin; row < end; row++) {
      result.push((result.at(-1) as number) + boundAt(splits, row + 1) - boundAt(splits, row));
    }
  }
  return result;
}

/** The splits of an axis of a dense tensor. */
function uniformSplits(shape: readonly number[], axis: number, length: number): Tensor {
  const rows = shape.slice(0, axis).reduce((product, each) => product * each, length);
  const width = shape[axis + 1] ?? 1;
  return integerVector(Array.from({ length: rows + 1 }, (_, row) => row * width));
}

/** How often each number stands in each row, or how much it weighs; numbers past the size do not count. */
const countEach: CompileOp = (node) => {
  const isBinary = boolOf(node, "binary_output");
  return (inputs: readonly Value[]) => {
    const [splits, values, size] = [integersAt(inputs, 0), integersAt(inputs, 1), numberAt(inputs, 2)];
    const weights = elementsAt(inputs, 3) as readonly number[];
    const shape = checkSize([splits.length - 1, size]);
    const counts = new Float32Array((splits.length - 1) * size);
    for (let row = 0; row + 1 < splits.length; row++) {
      for (let at = splits[row] as number; at < (splits[row + 1] as number); at++) {
        const bin = values[at] as number;
        if (bin < 0) throw valueError(`Expected numbers of 0 or more, got ${bin}`);
        const place = row * size + bin;
        if (bin < size) counts[place] = isBinary ? 1 : (counts[place] as number) + (weights[at] ?? 1);
      }
    }
    const type = tensorAt(inputs, 3).dtype;
    return type === "int32" ? makeTensor(Int32Array.from(counts), shape, type) : makeTensor(counts, shape, "float32");
  };
};

/** Ops that take rows of several lengths apart, pick of them, and count in them. */
export const RAGGED_PARTS: Ops = {
  RaggedBincount: countEach,
  RaggedGather: gather,
  RaggedRange: range,
  RaggedTensorToSparse: toSparse,
};
