import type { ConstantTensor, Shape } from "./constant-tensor.js";
import type { ElementType } from "./element-type.js";

/**
 * What a node is told besides its inputs. `function` is the name of one in {@link Graph.functions}: branches and loops have them, other ops
 * that would call functions (datasets) come without.
 */
export type Attribute =
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "type"; readonly value: ElementType }
  | { readonly kind: "shape"; readonly value: Shape }
  | { readonly kind: "tensor"; readonly value: ConstantTensor }
  | { readonly kind: "function"; readonly value: string }
  | { readonly kind: "list"; readonly value: readonly Attribute[] };

/**
 * One step of a graph.
 *
 * Attributes that the model left at their default are filled in where the model says what its ops look like, as all that TensorFlow
 * wrote do. Attributes that only TensorFlow's own tools read (those that begin with `_`) are left out.
 */
export interface GraphNode {
  /** Unique over the graph and its functions. What was in a called function has the names of the calls before its own, with `/`. */
  readonly name: string;
  /** `Const` (its value is the attribute `value`, a tensor), `Placeholder` for inputs, `NoOp` to wait for others, else any op. */
  readonly op: string;
  /** Output `n` of a node is `name:n`, also where `n` is 0. */
  readonly inputs: readonly string[];
  /** Names of nodes that run before this one though it takes nothing from them: all whose order a result could show, no others. */
  readonly controlInputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Of a node that gives a handle (`VarHandleOp`, `HashTableV2`, ...): the key in {@link SavedModel.resources}. */
  readonly resource?: string;
}

/** A branch of an `If` or `Case`, or a loop's condition or body. It has called nothing: what it called stands in it. */
export interface GraphFunction {
  readonly name: string;
  /** Named by the `Placeholder` nodes that they are, in the order in which the node that has the branch or loop takes its inputs. */
  readonly inputs: readonly { readonly name: string; readonly dtype: ElementType }[];
  /** Tensors, as `name:n`, in the order of that node's outputs. */
  readonly outputs: readonly string[];
  /** Nodes that run although no output may need them, because of what they do. */
  readonly controlOutputs: readonly string[];
  readonly nodes: readonly GraphNode[];
}

/**
 * Nodes in an order in which each stands after those that it needs, but for the `NextIteration` of TensorFlow 1's loops. Only nodes that
 * outputs or effects need are there.
 */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** Also those that functions name: all of the graph in one map. */
  readonly functions: ReadonlyMap<string, GraphFunction>;
}
