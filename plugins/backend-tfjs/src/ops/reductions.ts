import * as tf from "@tensorflow/tfjs-core";
import { boolOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { integersAt, numberAt, type Ops, plain, positiveAxis, tensorAt } from "./kernels.js";

type Reduce = (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor;

const reduction =
  (reduce: Reduce): CompileOp =>
  (node) => {
    const keepDims = boolOf(node, "keep_dims");
    return (inputs) => {
      const x = tensorAt(inputs, 0);
      const axes = integersAt(inputs, 1).map((axis) => positiveAxis(axis, x.rank));
      return axes.length === 0 ? x : reduce(x, axes, keepDims);
    };
  };

/** The place of the largest or smallest element along one axis. */
const place = (find: (x: tf.Tensor, axis: number) => tf.Tensor): CompileOp =>
  plain((inputs) => find(tensorAt(inputs, 0), inputs.length > 1 ? numberAt(inputs, 1) : 0));

/** Ops that make one element out of many. */
export const REDUCTIONS: Ops = {
  All: reduction((x, axes, keepDims) => tf.all(x, axes, keepDims)),
  Any: reduction((x, axes, keepDims) => tf.any(x, axes, keepDims)),
  ArgMax: place((x, axis) => tf.argMax(x, axis)),
  ArgMin: place((x, axis) => tf.argMin(x, axis)),
  EuclideanNorm: reduction((x, axes, keepDims) => tf.sqrt(tf.sum(tf.square(x), axes, keepDims))),
  L2Loss: plain((inputs) => tf.div(tf.sum(tf.square(tensorAt(inputs, 0))), 2)),
  Max: reduction((x, axes, keepDims) => tf.max(x, axes, keepDims)),
  Mean: reduction((x, axes, keepDims) => tf.cast(tf.mean(x, axes, keepDims), x.dtype)),
  Min: reduction((x, axes, keepDims) => tf.min(x, axes, keepDims)),
  Prod: reduction((x, axes, keepDims) => tf.prod(x, axes, keepDims)),
  Sum: reduction((x, axes, keepDims) => tf.sum(x, axes, keepDims)),
};
