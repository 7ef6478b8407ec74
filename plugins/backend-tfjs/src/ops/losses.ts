import * as tf from "@tensorflow/tfjs-core";
import type { CompileOp } from "../graph/compile-program.js";
import { valueError } from "../value-error.js";
import { integersAt, type Ops, plain, tensorAt } from "./kernels.js";

/** How far the likelihoods of each row are from what is true, and the gradient of that. */
function crossEntropy(logits: tf.Tensor, truth: tf.Tensor): tf.Tensor[] {
  const likelihoods = tf.logSoftmax(logits, -1);
  return [tf.neg(tf.sum(tf.mul(truth, likelihoods), -1)), tf.sub(tf.exp(likelihoods), truth)];
}

const dense: CompileOp = plain((inputs) => crossEntropy(tensorAt(inputs, 0), tensorAt(inputs, 1)));

/** What is true is one class of each row. */
const sparse: CompileOp = plain((inputs) => {
  const logits = tensorAt(inputs, 0);
  const count = logits.shape.at(-1) ?? 0;
  const outside = integersAt(inputs, 1).find((label) => label < 0 || label >= count);
  if (outside !== undefined) throw valueError(`Expected labels from 0 to ${count - 1}, got ${outside}`);
  return crossEntropy(logits, tf.oneHot(tensorAt(inputs, 1) as tf.Tensor1D, count, 1, 0, "float32"));
});

/** Ops that score what a model says, as those do that tell how surprising their input is. */
export const LOSSES: Ops = {
  SoftmaxCrossEntropyWithLogits: dense,
  SparseSoftmaxCrossEntropyWithLogits: sparse,
};
