import * as tf from "@tensorflow/tfjs-core";
import { boolOf, floatOf, intOf, intsOf, textOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { numberAt, type Ops, tensorAt } from "./kernels.js";
import { checkSize } from "./shapes.js";

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

/** What lies under a window at each of its places, beside each other; outside of the image are zeros. */
const patches: CompileOp = (node) => {
  const inner = (name: string): [number, number] => {
    const [, height = 1, width = 1] = intsOf(node, name);
    return [height, width];
  };
  const [window, strides, rates] = [inner("ksizes"), inner("strides"), inner("rates")];
  const isSame = textOf(node, "padding") === "SAME";
  return (inputs) => {
    const x = tensorAt(inputs, 0);
    const [batch = 0, height = 0, width = 0, depth = 0] = x.shape;
    const [down, across] = [height, width].map((length, side) => {
      const reach = ((window[side] as number) - 1) * (rates[side] as number) + 1;
      const stride = strides[side] as number;
      const count = Math.max(0, Math.ceil((isSame ? length : length - reach + 1) / stride));
      return { count, before: isSame ? Math.floor(Math.max(0, (count - 1) * stride + reach - length) / 2) : 0 };
    }) as [Steps, Steps];
    const taken = checkSize([batch, down.count, across.count, window[0] * window[1] * depth]);
    const values = readValues(x) as Float32Array;
    const result = new Float32Array(tf.util.sizeFromShape(taken));
    let to = 0;
    for (let image = 0; image < batch; image++) {
      for (let place = 0; place < down.count * across.count; place++) {
        const top = Math.floor(place / across.count) * strides[0] - down.before;
        const left = (place % across.count) * strides[1] - across.before;
        for (let at = 0; at < window[0] * window[1]; at++, to += depth) {
          const y = top + Math.floor(at / window[1]) * rates[0];
          const px = left + (at % window[1]) * rates[1];
          if (y < 0 || px < 0 || y >= height || px >= width) continue;
          const begin = ((image * height + y) * width + px) * depth;
          result.set(values.subarray(begin, begin + depth), to);
        }
      }
    }
    return x.dtype === "int32"
      ? makeTensor(Int32Array.from(result), taken, "int32")
      : makeTensor(result, taken, "float32");
  };
};

interface Steps {
  readonly count: number;
  /** Rows or columns of zeros before the first. */
  readonly before: number;
}

/** Ops on images and boxes that TensorFlow.js's converter leaves to another thread's time, or lacks. */
export const IMAGES: Ops = {
  ExtractImagePatches: patches,
  NonMaxSuppression: (node) => {
    const overlap = floatOf(node, "iou_threshold", 0.5);
    return (inputs) => {
      const scores = tensorAt(inputs, 1) as tf.Tensor1D;
      const most = Math.min(numberAt(inputs, 2), scores.size);
      return tf.image.nonMaxSuppression(tensorAt(inputs, 0) as tf.Tensor2D, scores, most, overlap);
    };
  },
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
