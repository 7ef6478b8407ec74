import { PlinthError } from "@plinth/core";
import type { GraphNode } from "@plinth/saved-model";
import * as tf from "@tensorflow/tfjs-core";
import { boolOf, floatOf, intsOf, textOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { integersAt, nameOf, type Ops, runKernel, tensorAt } from "./kernels.js";

interface Window {
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly pad: string | number[][];
  readonly dataFormat: "NHWC";
}

/** How a window moves over an image with its channels last; TensorFlow itself computes no other on a CPU. */
function windowOf(node: GraphNode): Window {
  const dataFormat = textOf(node, "data_format", "NHWC");
  if (dataFormat !== "NHWC") {
    throw new PlinthError("MODEL_UNSUPPORTED", `The ${nameOf(node)} has its channels in the order ${dataFormat}`);
  }
  const padding = textOf(node, "padding");
  const explicit = intsOf(node, "explicit_paddings");
  const pairs = [0, 2, 4, 6].map((at) => [explicit[at] ?? 0, explicit[at + 1] ?? 0]);
  const inner = (name: string): [number, number] => {
    const [, height = 1, width = 1] = intsOf(node, name);
    return [height, width];
  };
  return {
    strides: inner("strides"),
    dilations: inner("dilations"),
    pad: padding === "EXPLICIT" ? pairs : padding.toLowerCase(),
    dataFormat: "NHWC",
  };
}

const convolution =
  (kernel: string): CompileOp =>
  (node) => {
    const window = windowOf(node);
    return ([x, filter]) => runKernel(kernel, { x, filter }, { ...window });
  };

const convolutionInput: CompileOp = (node) => {
  const window = windowOf(node);
  return (inputs) => {
    const inputShape = integersAt(inputs, 0);
    return runKernel(
      "Conv2DBackpropInput",
      { dy: tensorAt(inputs, 2), filter: tensorAt(inputs, 1) },
      { ...window, inputShape },
    );
  };
};

/** As `convolutionInput` of an image with depth, which TensorFlow.js computes without dilations. */
const volumeInput: CompileOp = (node) => {
  const inner = (name: string): number[] => intsOf(node, name).slice(1, 4);
  if (textOf(node, "data_format", "NDHWC") !== "NDHWC" || inner("dilations").some((length) => length !== 1)) {
    throw new PlinthError("MODEL_UNSUPPORTED", `The ${nameOf(node)} has dilations, or its channels first`);
  }
  const attributes = { strides: inner("strides"), pad: textOf(node, "padding").toLowerCase() };
  return (inputs) => {
    const inputShape = integersAt(inputs, 0);
    return runKernel(
      "Conv3DBackpropInputV2",
      { dy: tensorAt(inputs, 2), filter: tensorAt(inputs, 1) },
      { ...attributes, inputShape },
    );
  };
};

const pool =
  (kernel: "MaxPool" | "AvgPool"): CompileOp =>
  (node) => {
    const { strides, pad } = windowOf(node);
    const [, height = 1, width = 1] = intsOf(node, "ksize");
    return ([x]) => runKernel(kernel, { x }, { filterSize: [height, width], strides, pad });
  };

/** Only as it is after training: with the mean and variance that were learnt. */
const batchNorm: CompileOp = (node, _context, outputCount) => {
  if (boolOf(node, "is_training", true) || textOf(node, "data_format", "NHWC") !== "NHWC") {
    throw new PlinthError("MODEL_UNSUPPORTED", `The ${nameOf(node)} is for training: export the model for inference`);
  }
  const varianceEpsilon = floatOf(node, "epsilon", 0.0001);
  return ([x, scale, offset, mean, variance]) => {
    const y = runKernel("FusedBatchNorm", { x, scale, offset, mean, variance }, { varianceEpsilon });
    if (outputCount <= 1) return y;
    return [y, mean, variance, mean, variance, tf.zeros([0])].map((value) => value as tf.Tensor);
  };
};

/** Ops that move a window over an image. */
export const CONVOLUTIONS: Ops = {
  AvgPool: pool("AvgPool"),
  Conv2D: convolution("Conv2D"),
  Conv2DBackpropInput: convolutionInput,
  Conv3DBackpropInputV2: volumeInput,
  DepthwiseConv2dNative: convolution("DepthwiseConv2dNative"),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  MaxPool: pool("MaxPool"),
};
