import { Tensor } from "@tensorflow/tfjs-core";

/** What is no tensor and passes between the nodes of a graph nevertheless: a variable, a table, a list of tensors. */
export abstract class Resource {
  /** For messages, as `lookup table`. */
  abstract readonly kind: string;
}

/** What passes along an edge of a graph. */
export type Value = Tensor | Resource;

/** Computes the outputs of one node. Its inputs stay those of the caller; the outputs are the caller's to dispose. */
export type Kernel = (inputs: readonly Value[]) => Value | readonly Value[];

export function isTensor(value: Value | undefined): value is Tensor {
  return value instanceof Tensor;
}

/** Frees tensors; what resources hold is freed with the run or the model. */
export function disposeValue(value: Value | undefined): void {
  if (isTensor(value) && !value.isDisposed) value.dispose();
}

/** One more of the same that can be disposed without the first. */
export function duplicate(value: Value): Value {
  return isTensor(value) ? value.clone() : value;
}
