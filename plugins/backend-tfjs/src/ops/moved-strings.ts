import * as tf from "@tensorflow/tfjs-core";
import type { CompileOp } from "../graph/compile-program.js";
import { isTensor, type Value } from "../graph/values.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { outputsOf } from "./kernels.js";

/** What moves and picks elements, and does not look at them. */
const MOVES: ReadonlySet<string> = new Set([
  "BroadcastTo",
  "Concat",
  "ConcatV2",
  "DynamicPartition",
  "DynamicStitch",
  "Gather",
  "GatherNd",
  "GatherV2",
  "MirrorPad",
  "Pack",
  "Pad",
  "PadV2",
  "ReverseV2",
  "Roll",
  "ScatterNd",
  "Select",
  "SelectV2",
  "Slice",
  "Split",
  "SplitV",
  "StridedSlice",
  "TensorScatterUpdate",
  "Tile",
  "Transpose",
  "Unpack",
  "ZerosLike",
]);

/** What stands where an op puts a 0. */
const NOTHING = new Uint8Array();

export function movesElements(op: string): boolean {
  return MOVES.has(op);
}

/**
 * An op on strings made of the one on whole numbers, which stand for the strings: TensorFlow.js has none for them, or reads them as UTF-8, which
 * changes bytes that are none.
 */
export const byNumbers =
  (compile: CompileOp): CompileOp =>
  (node, context, outputCount) => {
    const kernel = compile(node, context, outputCount);
    return (inputs) => moveStrings(inputs, (numbered) => outputsOf(kernel, numbered));
  };

/** Moves strings as their numbers are moved. */
export function moveStrings(
  inputs: readonly Value[],
  move: (numbered: readonly Value[]) => readonly tf.Tensor[],
): tf.Tensor[] {
  return tf.tidy(() => {
    const strings: Uint8Array[] = [NOTHING];
    const numbered = inputs.map((value) => {
      if (!isTensor(value) || value.dtype !== "string") return value;
      const numbers = new Int32Array(value.size);
      for (const [index, each] of (readValues(value) as readonly Uint8Array[]).entries()) {
        numbers[index] = strings.push(each) - 1;
      }
      return makeTensor(numbers, value.shape, "int32");
    });
    return move(numbered).map((tensor) => {
      const moved = Array.from(readValues(tensor) as Int32Array, (number) => strings[number] as Uint8Array);
      return makeTensor(moved, tensor.shape, "string");
    });
  });
}

/** One tensor made of several, strings among them too. */
export function joinTensors(tensors: readonly tf.Tensor[], join: (tensors: tf.Tensor[]) => tf.Tensor): tf.Tensor {
  if (tensors[0]?.dtype !== "string") return join([...tensors]);
  return moveStrings(tensors, (numbered) => [join(numbered as tf.Tensor[])])[0] as tf.Tensor;
}
