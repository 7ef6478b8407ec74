import * as tf from "@tensorflow/tfjs-core";
import type { CompileOp } from "../graph/compile-program.js";
import type { EngineType } from "../tensors/element-types.js";
import { valueError } from "../value-error.js";
import { elementsAt, elementTensor, integerVector } from "./elements.js";
import { integersAt, type Ops, plain, positiveAxis, tensorAt } from "./kernels.js";

/** Puts updates into slices of a tensor at places, one after the other. */
const scatter = (combine: (value: number, update: number) => number): CompileOp =>
  plain((inputs) => {
    const [x, places] = [tensorAt(inputs, 0), tensorAt(inputs, 1)];
    const depth = places.shape.at(-1) ?? 0;
    const width = tf.util.sizeFromShape(x.shape.slice(depth));
    const [indices, updates] = [integersAt(inputs, 1), elementsAt(inputs, 2) as ArrayLike<number>];
    const values = Array.from(elementsAt(inputs, 0) as ArrayLike<number>);
    for (let row = 0; row * width < updates.length; row++) {
      let target = 0;
      for (let axis = 0; axis < depth; axis++) {
        const [index, length] = [indices[row * depth + axis] ?? -1, x.shape[axis] ?? 0];
        if (index < 0 || index >= length) throw valueError(`The index ${index} is outside of the shape [${x.shape}]`);
        target = target * length + index;
      }
      for (let at = target * width; at < (target + 1) * width; at++) {
        values[at] = combine(values[at] as number, updates[row * width + at - target * width] as number);
      }
    }
    return elementTensor(values, x.shape, x.dtype as EngineType);
  });

/** Elements that are pushed out at one end come in at the other. */
const roll: CompileOp = plain((inputs) => {
  const [shifts, axes] = [integersAt(inputs, 1), integersAt(inputs, 2)];
  return tf.tidy(() =>
    axes.reduce((x, asked, index) => {
      const axis = positiveAxis(asked, x.rank);
      const length = x.shape[axis] ?? 0;
      if (length === 0) return x;
      const shift = (((shifts[index] ?? 0) % length) + length) % length;
      const [head, tail] = tf.split(x, [length - shift, shift], axis) as [tf.Tensor, tf.Tensor];
      return tf.concat([tail, head], axis);
    }, tensorAt(inputs, 0).clone()),
  );
});

const uniqueWithCounts: CompileOp = plain((inputs) => {
  const { values, indices } = tf.unique(tensorAt(inputs, 0));
  const counts = new Int32Array(values.size);
  for (const index of indices.dataSync<"int32">()) counts[index] = (counts[index] as number) + 1;
  return [values, indices, integerVector(counts)];
});

/** Ops that move elements by places that are told with them. */
export const SCATTERING: Ops = {
  Roll: roll,
  TensorScatterAdd: scatter((value, update) => value + update),
  TensorScatterMax: scatter(Math.max),
  TensorScatterMin: scatter(Math.min),
  TensorScatterSub: scatter((value, update) => value - update),
  UniqueWithCounts: uniqueWithCounts,
  UniqueWithCountsV2: uniqueWithCounts,
};
