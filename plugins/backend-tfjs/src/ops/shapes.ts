import { PlinthError } from "@plinth/core";
import * as tf from "@tensorflow/tfjs-core";
import { boolOf, engineTypeAttribute, intOf, intsOf, textOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { integersAt, numberAt, type Ops, plain, positiveAxis, runKernel, tensorAt, tensorsOf } from "./kernels.js";

/** Most elements that an op may make out of small inputs, as of a shape that a request brings: 4 GiB of float32. */
const MAX_ELEMENTS = 2 ** 30;

/** @throws PlinthError `TENSOR_INVALID` for a shape that no memory holds */
export function checkSize(shape: readonly number[]): number[] {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (shape.every((dimension) => dimension >= 0) && size <= MAX_ELEMENTS) return [...shape];
  throw new PlinthError(
    "TENSOR_INVALID",
    `Expected a shape of at most ${MAX_ELEMENTS} elements, got [${shape.join(",")}]`,
  );
}

function vector(values: readonly number[]): tf.Tensor {
  return makeTensor(Int32Array.from(values), [values.length], "int32");
}

function scalar(value: number): tf.Tensor {
  return makeTensor(Int32Array.of(value), [], "int32");
}

const reshape: CompileOp = plain((inputs) => {
  const x = tensorAt(inputs, 0);
  const asked = integersAt(inputs, 1);
  const known = asked.reduce((product, length) => (length === -1 ? product : product * length), 1);
  const shape = asked.map((length) => (length === -1 ? (known === 0 ? 0 : x.size / known) : length));
  return runKernel("Reshape", { x }, { shape });
});

const squeeze: CompileOp = (node) => {
  const axes = intsOf(node, "squeeze_dims").concat(intsOf(node, "axis"));
  return (inputs) => {
    const x = tensorAt(inputs, 0);
    const dropped = axes.map((axis) => positiveAxis(axis, x.rank));
    const isDropped = (length: number, axis: number) => (dropped.length === 0 ? length === 1 : dropped.includes(axis));
    if (dropped.some((axis) => x.shape[axis] !== 1))
      throw new Error(`Cannot squeeze axes [${axes}] of shape [${x.shape}]`);
    return runKernel("Reshape", { x }, { shape: x.shape.filter((length, axis) => !isDropped(length, axis)) });
  };
};

const expandDims: CompileOp = plain((inputs) => {
  const x = tensorAt(inputs, 0);
  const axis = positiveAxis(numberAt(inputs, 1), x.rank + 1);
  return runKernel("Reshape", { x }, { shape: [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)] });
});

const concat = (pieces: tf.Tensor[], axis: number): tf.Tensor => {
  const [first] = pieces;
  if (first === undefined) throw new Error("There is nothing to concatenate");
  return pieces.length === 1 ? first : tf.concat(pieces, positiveAxis(axis, first.rank));
};

const split: CompileOp = (node, _context, outputCount) => {
  const count = intOf(node, "num_split", outputCount);
  return (inputs) => tf.split(tensorAt(inputs, 1), count, numberAt(inputs, 0));
};

const splitSizes: CompileOp = plain((inputs) => {
  const x = tensorAt(inputs, 0);
  const axis = positiveAxis(numberAt(inputs, 2), x.rank);
  const sizes = integersAt(inputs, 1);
  const rest = (x.shape[axis] ?? 0) - sizes.reduce((sum, size) => sum + Math.max(size, 0), 0);
  return tf.split(
    x,
    sizes.map((size) => (size === -1 ? rest : size)),
    axis,
  );
});

const unpack: CompileOp = (node, _context, outputCount) => {
  const axis = intOf(node, "axis", 0);
  if (outputCount === 0) return () => [];
  return (inputs) => tf.unstack(tensorAt(inputs, 0), axis);
};

const slice: CompileOp = plain((inputs) => {
  const x = tensorAt(inputs, 0);
  return runKernel("Slice", { x }, { begin: integersAt(inputs, 1), size: integersAt(inputs, 2) });
});

const stridedSlice: CompileOp = (node) => {
  const masks = {
    beginMask: intOf(node, "begin_mask", 0),
    endMask: intOf(node, "end_mask", 0),
    ellipsisMask: intOf(node, "ellipsis_mask", 0),
    newAxisMask: intOf(node, "new_axis_mask", 0),
    shrinkAxisMask: intOf(node, "shrink_axis_mask", 0),
  };
  return (inputs) =>
    runKernel(
      "StridedSlice",
      { x: tensorAt(inputs, 0) },
      { begin: integersAt(inputs, 1), end: integersAt(inputs, 2), strides: integersAt(inputs, 3), ...masks },
    );
};

const pad: CompileOp = (node) => {
  const mode = node.op === "MirrorPad" ? textOf(node, "mode", "REFLECT").toLowerCase() : undefined;
  return (inputs) => {
    const x = tensorAt(inputs, 0);
    const flat = integersAt(inputs, 1);
    const paddings = x.shape.map((_, axis) => [flat[2 * axis], flat[2 * axis + 1]] as [number, number]);
    checkSize(x.shape.map((length, axis) => length + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0)));
    if (mode !== undefined) return runKernel("MirrorPad", { x }, { paddings, mode });
    return runKernel("PadV2", { x }, { paddings, constantValue: node.op === "PadV2" ? numberAt(inputs, 2) : 0 });
  };
};

const fill: CompileOp = plain((inputs) => {
  const shape = checkSize(integersAt(inputs, 0));
  const value = tensorAt(inputs, 1);
  if (value.dtype !== "string") return tf.fill(shape, numberAt(inputs, 1), value.dtype);
  const [bytes = new Uint8Array()] = readValues(value) as readonly Uint8Array[];
  return makeTensor(new Array<Uint8Array>(tf.util.sizeFromShape(shape)).fill(bytes), shape, "string");
});

const range: CompileOp = plain((inputs) => {
  const [start, limit, delta] = [numberAt(inputs, 0), numberAt(inputs, 1), numberAt(inputs, 2)];
  if (delta === 0) throw new PlinthError("TENSOR_INVALID", "The step of a range is 0");
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  checkSize([length]);
  const isWhole = tensorAt(inputs, 0).dtype === "int32";
  const data = isWhole ? new Int32Array(length) : new Float32Array(length);
  for (let index = 0; index < length; index++) data[index] = start + index * delta;
  return makeTensor(data, [length], isWhole ? "int32" : "float32");
});

const gather: CompileOp = (node) => {
  const batchDims = intOf(node, "batch_dims", 0);
  return (inputs) => {
    const x = tensorAt(inputs, 0);
    const axis = positiveAxis(node.op === "Gather" ? 0 : numberAt(inputs, 2), x.rank);
    const batch = positiveAxis(batchDims, tensorAt(inputs, 1).rank);
    return runKernel("GatherV2", { x, indices: tensorAt(inputs, 1) }, { axis, batchDims: batch });
  };
};

const oneHot: CompileOp = (node) => {
  const axis = intOf(node, "axis", -1);
  const dtype = engineTypeAttribute(node, "T", "float32");
  return (inputs) => {
    const indices = tensorAt(inputs, 0);
    const depth = numberAt(inputs, 1);
    checkSize([...indices.shape, depth]);
    const attributes = { depth, onValue: numberAt(inputs, 2), offValue: numberAt(inputs, 3), dtype };
    const last = runKernel("OneHot", { indices }, attributes);
    if (axis === -1 || axis === indices.rank) return last;
    const order = indices.shape.map((_, index) => index);
    return tf.transpose(last, [...order.slice(0, axis), indices.rank, ...order.slice(axis)]);
  };
};

const broadcastTo: CompileOp = plain((inputs) => tf.broadcastTo(tensorAt(inputs, 0), checkSize(integersAt(inputs, 1))));

const tile: CompileOp = plain((inputs) => {
  const x = tensorAt(inputs, 0);
  const reps = integersAt(inputs, 1);
  checkSize(x.shape.map((length, axis) => length * (reps[axis] ?? 1)));
  return reps.length === 0 ? x : runKernel("Tile", { x }, { reps });
});

/** The places of elements that are not zero, a row each. */
const where: CompileOp = plain((inputs) => {
  const condition = tensorAt(inputs, 0);
  const values = readValues(condition) as Int32Array;
  const strides = [...tf.util.computeStrides(condition.shape), 1].slice(0, condition.rank);
  const places: number[] = [];
  let count = 0;
  for (let index = 0; index < values.length; index++) {
    if (!values[index]) continue;
    count++;
    let rest = index;
    for (const stride of strides) {
      places.push(Math.floor(rest / stride));
      rest %= stride;
    }
  }
  return makeTensor(Int32Array.from(places), [count, condition.rank], "int32");
});

const cumulative =
  (kernel: "Cumsum" | "Cumprod"): CompileOp =>
  (node) => {
    const attributes = { exclusive: boolOf(node, "exclusive"), reverse: boolOf(node, "reverse") };
    return (inputs) => {
      const x = tensorAt(inputs, 0);
      return runKernel(kernel, { x }, { axis: positiveAxis(numberAt(inputs, 1), x.rank), ...attributes });
    };
  };

/** Ops that look at shapes, and move and pick elements without computing. */
export const SHAPES: Ops = {
  BroadcastArgs: plain((inputs) =>
    vector(tf.backend_util.assertAndGetBroadcastShape(integersAt(inputs, 0), integersAt(inputs, 1))),
  ),
  BroadcastTo: broadcastTo,
  Concat: plain((inputs) => concat(tensorsOf(inputs.slice(1)), numberAt(inputs, 0))),
  ConcatV2: plain((inputs) => concat(tensorsOf(inputs.slice(0, -1)), numberAt(inputs, inputs.length - 1))),
  Cumprod: cumulative("Cumprod"),
  Cumsum: cumulative("Cumsum"),
  Empty: (node) => {
    const dtype = engineTypeAttribute(node, "dtype");
    return (inputs) => tf.zeros(checkSize(integersAt(inputs, 0)), dtype as "float32");
  },
  ExpandDims: expandDims,
  Fill: fill,
  Gather: gather,
  GatherNd: plain(([params, indices]) => runKernel("GatherNd", { params, indices })),
  GatherV2: gather,
  InvertPermutation: plain((inputs) => {
    const order = integersAt(inputs, 0);
    const inverse = new Int32Array(order.length);
    for (const [index, place] of order.entries()) inverse[place] = index;
    return makeTensor(inverse, [order.length], "int32");
  }),
  MirrorPad: pad,
  OneHot: oneHot,
  Pack: (node) => {
    const axis = intOf(node, "axis", 0);
    return (inputs) => tf.stack(tensorsOf(inputs), positiveAxis(axis, tensorAt(inputs, 0).rank + 1));
  },
  Pad: pad,
  PadV2: pad,
  Range: range,
  Rank: plain((inputs) => scalar(tensorAt(inputs, 0).rank)),
  Reshape: reshape,
  ReverseV2: plain((inputs) => tf.reverse(tensorAt(inputs, 0), integersAt(inputs, 1))),
  Shape: plain((inputs) => vector(tensorAt(inputs, 0).shape)),
  ShapeN: plain((inputs) => tensorsOf(inputs).map(({ shape }) => vector(shape))),
  Size: plain((inputs) => scalar(tensorAt(inputs, 0).size)),
  Slice: slice,
  Split: split,
  SplitV: splitSizes,
  Squeeze: squeeze,
  StridedSlice: stridedSlice,
  Tile: tile,
  Transpose: plain((inputs) => {
    const perm = integersAt(inputs, 1);
    return runKernel("Transpose", { x: tensorAt(inputs, 0) }, { perm });
  }),
  Unpack: unpack,
  Where: where,
};
