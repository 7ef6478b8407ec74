import * as tf from "@tensorflow/tfjs-core";
import { boolOf, intOf, textOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { einsum } from "./einsum.js";
import { numberAt, type Ops, plain, runKernel, tensorAt, tensorsOf } from "./kernels.js";

const product =
  (transposeA: string, transposeB: string): CompileOp =>
  (node) => {
    const attributes = { transposeA: boolOf(node, transposeA), transposeB: boolOf(node, transposeB) };
    return ([a, b]) => runKernel("BatchMatMul", { a, b }, attributes);
  };

const bandPart: CompileOp = plain((inputs) =>
  tf.linalg.bandPart(tensorAt(inputs, 0), numberAt(inputs, 1), numberAt(inputs, 2)),
);

const topK: CompileOp = (node) => {
  const sorted = boolOf(node, "sorted", true);
  return (inputs) => {
    const { values, indices } = tf.topk(tensorAt(inputs, 0), numberAt(inputs, 1), sorted);
    return [values, indices];
  };
};

/** Ops on matrices, and on batches of them. */
export const LINEAR_ALGEBRA: Ops = {
  BatchMatMul: product("adj_x", "adj_y"),
  BatchMatMulV2: product("adj_x", "adj_y"),
  BatchMatMulV3: product("adj_x", "adj_y"),
  Einsum: (node) => {
    const equation = textOf(node, "equation");
    return (inputs) => einsum(equation, tensorsOf(inputs));
  },
  MatMul: product("transpose_a", "transpose_b"),
  MatrixBandPart: bandPart,
  TopKV2: topK,
  TopK: (node) => {
    const k = intOf(node, "k");
    return (inputs) => {
      const { values, indices } = tf.topk(tensorAt(inputs, 0), k, true);
      return [values, indices];
    };
  },
};
