import * as tf from "@tensorflow/tfjs-core";
import { boolOf, intOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { makeTensor } from "../tensors/to-engine.js";
import { numberAt, type Ops, tensorAt } from "./kernels.js";

type Suppression = (inputs: Parameters<ReturnType<CompileOp>>[0]) => tf.Tensor | tf.Tensor[];

/** Boxes that overlap less than a threshold, best first. The versions differ in what they give besides. */
const suppression =
  (
    run: (
      boxes: tf.Tensor2D,
      scores: tf.Tensor1D,
      most: number,
      overlap: number,
      least: number,
      padded: boolean,
      sigma: number,
    ) => tf.Tensor | tf.Tensor[],
  ): CompileOp =>
  (node) => {
    const isPadded = boolOf(node, "pad_to_max_output_size");
    const compute: Suppression = (inputs) =>
      run(
        tensorAt(inputs, 0) as tf.Tensor2D,
        tensorAt(inputs, 1) as tf.Tensor1D,
        Math.min(numberAt(inputs, 2), tensorAt(inputs, 1).size),
        numberAt(inputs, 3),
        inputs.length > 4 ? numberAt(inputs, 4) : Number.NEGATIVE_INFINITY,
        isPadded,
        inputs.length > 5 ? numberAt(inputs, 5) : 0,
      );
    return compute;
  };

/** Blocks of pixels as channels. */
const spaceToDepth: CompileOp = (node) => {
  const block = intOf(node, "block_size");
  return (inputs) => {
    const x = tensorAt(inputs, 0);
    const [batch = 0, height = 0, width = 0, depth = 0] = x.shape;
    const split = tf.reshape(x, [batch, height / block, block, width / block, block, depth]);
    return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4, 5]), [
      batch,
      height / block,
      width / block,
      block * block * depth,
    ]);
  };
};

/** Ops on images and boxes that TensorFlow.js's converter leaves to another thread's time, or lacks. */
export const IMAGES: Ops = {
  NonMaxSuppressionV2: suppression((boxes, scores, most, overlap) =>
    tf.image.nonMaxSuppression(boxes, scores, most, overlap),
  ),
  NonMaxSuppressionV3: suppression((boxes, scores, most, overlap, least) =>
    tf.image.nonMaxSuppression(boxes, scores, most, overlap, least),
  ),
  NonMaxSuppressionV4: suppression((boxes, scores, most, overlap, least, padded) => {
    const result = tf.image.nonMaxSuppressionPadded(boxes, scores, most, overlap, least, padded);
    return [result.selectedIndices as tf.Tensor, result.validOutputs as tf.Tensor];
  }),
  NonMaxSuppressionV5: suppression((boxes, scores, most, overlap, least, _padded, sigma) => {
    const result = tf.image.nonMaxSuppressionWithScore(boxes, scores, most, overlap, least, sigma);
    const indices = result.selectedIndices as tf.Tensor;
    return [indices, result.selectedScores as tf.Tensor, makeTensor(Int32Array.of(indices.size), [], "int32")];
  }),
  SpaceToDepth: spaceToDepth,
};
