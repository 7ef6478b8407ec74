import { PlinthError } from "@plinth/core";
import type { GraphFunction, GraphNode } from "@plinth/saved-model";
import { skippedWhenDead } from "../ops/control-flow.js";
import { findOp } from "../ops/find-op.js";
import { Program, type Step } from "./program.js";
import type { Kernel, Resource, Value } from "./values.js";

/** What nodes are compiled with besides themselves. */
export interface CompileContext {
  /** The model's own copy of what a `Const` holds, in the engine. */
  constant(node: GraphNode): Value;
  /** What a node gives a handle of: the same for all nodes of the model that name it. */
  resource(node: GraphNode): Resource;
  /** The program of a branch or loop. */
  function(name: string): Program;
}

/** A kernel for a node, or a failure that says why there is none. */
export type CompileOp = (node: GraphNode, context: CompileContext, outputCount: number) => Kernel;

interface GraphSource {
  readonly nodes: readonly GraphNode[];
  /** Tensors, as `name:n`. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Ops that give their input on: their output is the same slot. */
const PASSED_ON: ReadonlySet<string> = new Set([
  "Identity",
  "StopGradient",
  "PreventGradient",
  "Snapshot",
  "CheckNumerics",
  "PlaceholderWithDefault",
  "EnsureShape",
]);

/**
 * Lays a graph out in steps. Its nodes stand in an order in which each has what it needs.
 *
 * @throws PlinthError `MODEL_UNSUPPORTED` for ops that there is no kernel for; `MODEL_FILE_INVALID` for nodes that lack something
 */
export function compileProgram(source: GraphSource, context: CompileContext): Program {
  const slots = new Map<string, number>();
  const constants: (Value | undefined)[] = [];
  const newSlot = (tensor: string, value?: Value): number => {
    constants.push(value);
    slots.set(tensor, constants.length - 1);
    return constants.length - 1;
  };
  const slotOf = (tensor: string, node: string): number => {
    const slot = slots.get(tensor);
    if (slot !== undefined) return slot;
    throw new PlinthError(
      "MODEL_FILE_INVALID",
      `${JSON.stringify(node)} needs ${JSON.stringify(tensor)}, which nothing gives`,
    );
  };
  const outputCounts = countOutputs(source);
  const hasBranches = source.nodes.some(({ op }) => op === "Switch");
  const inputs = source.inputs.map((tensor) => newSlot(tensor));
  const steps: Omit<Step, "released">[] = [];
  const computed = new Set<number>();
  for (const node of source.nodes) {
    const first = `${node.name}:0`;
    if (slots.has(first) || node.op === "NoOp" || node.op === "Placeholder") continue;
    if (node.op === "Const") newSlot(first, context.constant(node));
    else if (PASSED_ON.has(node.op)) slots.set(first, slotOf(node.inputs[0] ?? "", node.name));
    else if (node.op === "IdentityN") {
      for (const [index, input] of node.inputs.entries()) slots.set(`${node.name}:${index}`, slotOf(input, node.name));
    } else {
      const outputCount = outputCounts.get(node.name) ?? 0;
      const compile = hasBranches ? skippedWhenDead(findOp(node)) : findOp(node);
      const kernel = compile(node, context, outputCount);
      const read = node.inputs.map((tensor) => slotOf(tensor, node.name));
      const filled = Array.from({ length: Math.max(outputCount, 1) }, (_, index) => newSlot(`${node.name}:${index}`));
      for (const slot of filled) computed.add(slot);
      steps.push({ node, kernel, inputs: read, outputs: filled });
    }
  }
  const outputs = source.outputs.map((tensor) => slotOf(tensor, "an output"));
  return new Program({ steps: withReleases(steps, outputs, computed), constants, inputs, outputs, computed });
}

/** The program of a branch or a loop's part. */
export function compileFunction({ nodes, inputs, outputs }: GraphFunction, context: CompileContext): Program {
  return compileProgram({ nodes, inputs: inputs.map(({ name }) => `${name}:0`), outputs }, context);
}

/** How many of its outputs something needs of each node: the highest of them. */
function countOutputs({ nodes, outputs }: GraphSource): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const note = (tensor: string) => {
    const colon = tensor.lastIndexOf(":");
    const name = tensor.slice(0, colon);
    counts.set(name, Math.max(counts.get(name) ?? 0, Number(tensor.slice(colon + 1)) + 1));
  };
  for (const { inputs } of nodes) for (const tensor of inputs) note(tensor);
  for (const tensor of outputs) note(tensor);
  return counts;
}

/** Has every computed value freed after the last step that reads it. */
function withReleases(
  steps: readonly Omit<Step, "released">[],
  outputs: readonly number[],
  computed: ReadonlySet<number>,
): readonly Step[] {
  const lastUse = new Map<number, number>();
  for (const [index, step] of steps.entries()) {
    for (const slot of step.outputs) lastUse.set(slot, index);
    for (const slot of step.inputs) if (computed.has(slot)) lastUse.set(slot, index);
  }
  for (const slot of outputs) lastUse.delete(slot);
  const released: number[][] = steps.map(() => []);
  for (const [slot, index] of lastUse) released[index]?.push(slot);
  return steps.map((step, index) => ({ ...step, released: released[index] ?? [] }));
}
