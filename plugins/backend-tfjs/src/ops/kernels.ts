import type { ElementType, GraphNode } from "@plinth/saved-model";
import { type Attribute, engine, type Tensor } from "@tensorflow/tfjs-core";
import type { CompileOp } from "../graph/compile-program.js";
import { isTensor, type Kernel, type Resource, type Value } from "../graph/values.js";
import { readValues } from "../tensors/from-engine.js";

/** Ops by TensorFlow's names. */
export type Ops = Readonly<Record<string, CompileOp>>;

/** Runs a kernel of the engine without the checks and casts of TensorFlow.js's functions, which a graph of TensorFlow does not need. */
export function runKernel<Output extends Tensor | Tensor[] = Tensor>(
  kernel: string,
  inputs: Readonly<Record<string, Value | undefined>>,
  attributes: Readonly<Record<string, unknown>> = {},
): Output {
  return engine().runKernel(
    kernel,
    inputs as Record<string, Tensor>,
    attributes as Record<string, Attribute>,
  ) as Output;
}

/** The input of this number, which is a tensor in every valid graph. */
export function tensorAt(inputs: readonly Value[], index: number): Tensor {
  const value = inputs[index];
  if (isTensor(value)) return value;
  throw new TypeError(
    `Expected a tensor as input ${index}, got ${value === undefined ? "nothing" : `a ${value.kind}`}`,
  );
}

export function tensorsOf(inputs: readonly Value[]): Tensor[] {
  return inputs.map((_, index) => tensorAt(inputs, index));
}

/** The input of this number as the resource that the op works on. */
export function resourceAt<R extends Resource>(
  inputs: readonly Value[],
  index: number,
  kind: abstract new (...parts: never[]) => R,
): R {
  const value = inputs[index];
  if (value instanceof kind) return value;
  throw new TypeError(
    `Expected a ${kind.name} as input ${index}, got ${isTensor(value) ? "a tensor" : (value?.kind ?? "nothing")}`,
  );
}

/** A small tensor of whole numbers, as axes and shapes are. */
export function integersAt(inputs: readonly Value[], index: number): number[] {
  return Array.from(readValues(tensorAt(inputs, index)) as Int32Array);
}

export function numberAt(inputs: readonly Value[], index: number): number {
  return (readValues(tensorAt(inputs, index)) as Float32Array)[0] ?? 0;
}

export function bytesAt(inputs: readonly Value[], index: number): readonly Uint8Array[] {
  return readValues(tensorAt(inputs, index)) as readonly Uint8Array[];
}

/** What a kernel gives, as a list. */
export function outputsOf(kernel: Kernel, inputs: readonly Value[]): readonly Tensor[] {
  const outputs = kernel(inputs);
  return (Array.isArray(outputs) ? outputs : [outputs]) as readonly Tensor[];
}

/** The kind of elements that a node computes with, where it says so. */
export function elementTypeOf({ attributes }: GraphNode): ElementType | undefined {
  const type = attributes.get("T") ?? attributes.get("Tparams");
  return type?.kind === "type" ? type.value : undefined;
}

/** An op whose kernel needs nothing of its node. */
export function plain(kernel: Kernel): CompileOp {
  return () => kernel;
}

/** The axis counted from the front. */
export function positiveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** How messages name a node. */
export function nameOf({ name, op }: GraphNode): string {
  return `node ${JSON.stringify(name)} of op ${op}`;
}
