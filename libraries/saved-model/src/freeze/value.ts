import type { HandleDefinition } from "./body-builder.js";

/** What a tensor of the model's graph is once its graph is flat. */
export type Value = TensorValue | HandleValue;

export interface TensorValue {
  readonly kind: "tensor";
  /** `name:n`. */
  readonly tensor: string;
}

/** A variable or table that is known before anything runs. */
export interface HandleValue {
  readonly kind: "handle";
  readonly definition: HandleDefinition;
  /** The variable itself, as TensorFlow 1 has it: whoever takes it takes its value at that time. */
  readonly isReference: boolean;
  /** Nodes that have changed it before it is used as this. */
  readonly after: readonly string[];
  /** The tensor that it went through on its way into a loop or branch of TensorFlow 1. */
  readonly through?: string;
}

/** What became of a node: itself under another name, or values without a node, with what to wait for in its stead. */
export type Produced =
  | { readonly kind: "node"; readonly name: string }
  | { readonly kind: "values"; readonly values: readonly Value[]; readonly done: readonly string[] };
