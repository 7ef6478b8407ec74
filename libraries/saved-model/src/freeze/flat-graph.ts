import type { Attribute } from "../graph.js";

/** A node while its graph is worked on. Inputs are `name:n`. */
export interface FlatNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly controlInputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Of a handle: which variable or table. */
  readonly resource?: string;
}

/** Nodes, each after those that it needs, and what of them is wanted. */
export interface FlatBody {
  readonly nodes: ReadonlyMap<string, FlatNode>;
  readonly outputs: readonly string[];
  readonly controlOutputs: readonly string[];
}

export interface FlatFunction extends FlatBody {
  readonly name: string;
  readonly inputs: readonly string[];
}

/** A graph without calls; branches and loops are functions. */
export interface FlatGraph extends FlatBody {
  readonly functions: ReadonlyMap<string, FlatFunction>;
}

/** The bodies of a graph: functions as they were found, which is inner ones first, and the graph itself last. */
export function bodiesOf(graph: FlatGraph): readonly FlatBody[] {
  return [...graph.functions.values(), graph];
}

/** The node that a tensor `name:n` is of. */
export function nodeOf(tensor: string): string {
  return tensor.slice(0, tensor.lastIndexOf(":"));
}

export function outputIndex(tensor: string): number {
  return Number(tensor.slice(tensor.lastIndexOf(":") + 1));
}
