import { PlinthError } from "@plinth/core";
import type { GraphFunction, GraphNode } from "@plinth/saved-model";
import { boolOf, textOf } from "./attributes.js";

/** Nodes in an order in which each has what it needs, and the loops that they run. */
export interface OrderedGraph {
  readonly nodes: readonly GraphNode[];
  readonly functions: ReadonlyMap<string, GraphFunction>;
  /** The outputs that were asked for, where a loop gives them under its own name. */
  readonly outputs: readonly string[];
}

/** A loop of TensorFlow 1: nodes that hand values round, in a frame of a name of its own. */
interface Frame {
  readonly name: string;
  readonly variables: readonly LoopVariable[];
  /** `Enter` nodes whose value stays the same in each round. */
  readonly fixed: readonly GraphNode[];
  readonly condition: string;
}

interface LoopVariable {
  readonly enter: GraphNode;
  readonly merge: GraphNode;
  readonly choice: GraphNode;
  readonly next: GraphNode;
}

/**
 * Picks what outputs and effects need of a graph, puts it in order, and makes loops of TensorFlow 1 (`Enter`, `Merge`, `Switch`,
 * `NextIteration`, `Exit`; https://arxiv.org/abs/1805.01772) what they are in TensorFlow 2: a `While` with its functions.
 *
 * @throws PlinthError `MODEL_FILE_INVALID` for nodes that are not there, and loops that are none
 */
export function orderGraph(nodes: readonly GraphNode[], outputs: readonly string[]): OrderedGraph {
  const functions = new Map<string, GraphFunction>();
  const ordering = new Ordering(new Map(nodes.map((node) => [node.name, node])), functions);
  const ordered = ordering.order(outputs, new Map());
  return { ...ordered, functions };
}

class Ordering {
  readonly #nodes: ReadonlyMap<string, GraphNode>;
  readonly #functions: Map<string, GraphFunction>;
  readonly #frames = new Map<string, Frame>();

  constructor(nodes: ReadonlyMap<string, GraphNode>, functions: Map<string, GraphFunction>) {
    this.#nodes = nodes;
    this.#functions = functions;
  }

  /** @param given tensors that are not to be computed, and the placeholders that stand for them */
  order(
    outputs: readonly string[],
    given: ReadonlyMap<string, string>,
  ): { readonly nodes: readonly GraphNode[]; readonly outputs: readonly string[] } {
    const ordered: GraphNode[] = [];
    const state = new Map<string, "open" | "done">();
    const stack = outputs.map(nodeOf).reverse();
    while (stack.length > 0) {
      const name = stack.at(-1) as string;
      const node = state.get(name) === "done" ? undefined : this.#resolved(name, given);
      if (node === undefined || state.get(name) === "open") {
        if (node !== undefined && state.get(name) === "open") ordered.push(node);
        state.set(name, "done");
        stack.pop();
        continue;
      }
      state.set(name, "open");
      for (const before of [...node.inputs.filter((input) => !given.has(input)).map(nodeOf), ...node.controlInputs]) {
        if (state.get(before) === "open")
          throw invalid(`The nodes ${quoted(before)} and ${quoted(name)} wait for each other`);
        if (state.get(before) === undefined) stack.push(before);
      }
    }
    const renamed = (tensor: string) => given.get(tensor) ?? this.#exitOf(tensor);
    const unique = [...new Map(ordered.map((node) => [node.name, node])).values()];
    return {
      nodes: unique.map((node) => ({ ...node, inputs: node.inputs.map(renamed) })),
      outputs: outputs.map(renamed),
    };
  }

  /** The node of this name; the whole loop for one that a loop ends in. `undefined` for what is given. */
  #resolved(name: string, given: ReadonlyMap<string, string>): GraphNode | undefined {
    const node = this.#node(name);
    if (given.has(`${name}:0`) || given.has(`${name}:1`)) return undefined;
    return node.op === "Exit" ? this.#loop(this.#frameOf(node)) : node;
  }

  #node(name: string): GraphNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw invalid(`The graph has no node ${quoted(name)}, which another one needs`);
    return node;
  }

  /** A loop's outputs are the variables in turn. */
  #exitOf(tensor: string): string {
    const node = this.#nodes.get(nodeOf(tensor));
    if (node?.op !== "Exit") return tensor;
    const frame = this.#frameOf(node);
    const index = frame.variables.findIndex(({ choice }) => choice.name === nodeOf(node.inputs[0] ?? ""));
    return `${loopName(frame)}:${index}`;
  }

  #frameOf(exit: GraphNode): Frame {
    const merge = this.#node(nodeOf(this.#node(nodeOf(exit.inputs[0] ?? "")).inputs[0] ?? ""));
    const enter = this.#node(nodeOf(merge.inputs[0] ?? ""));
    if (merge.op !== "Merge" || enter.op !== "Enter") throw invalid(`The node ${quoted(exit.name)} ends no loop`);
    const name = textOf(enter, "frame_name");
    const frame = this.#frames.get(name) ?? this.#readFrame(name);
    this.#frames.set(name, frame);
    return frame;
  }

  #readFrame(name: string): Frame {
    const all = [...this.#nodes.values()];
    const enters = all.filter((node) => node.op === "Enter" && textOf(node, "frame_name") === name);
    const variables: LoopVariable[] = [];
    const fixed: GraphNode[] = [];
    let condition: string | undefined;
    for (const enter of enters) {
      const merge = all.find((node) => node.op === "Merge" && nodeOf(node.inputs[0] ?? "") === enter.name);
      if (merge === undefined || boolOf(enter, "is_constant")) {
        fixed.push(enter);
        continue;
      }
      const choice = all.find((node) => node.op === "Switch" && nodeOf(node.inputs[0] ?? "") === merge.name);
      const next = this.#node(nodeOf(merge.inputs[1] ?? ""));
      if (choice === undefined) throw invalid(`The loop ${quoted(name)} has no end for ${quoted(enter.name)}`);
      condition ??= this.#node(nodeOf(choice.inputs[1] ?? "")).inputs[0];
      variables.push({ enter, merge, choice, next });
    }
    if (condition === undefined) throw invalid(`The loop ${quoted(name)} has no condition`);
    return { name, variables, fixed, condition };
  }

  #loop(frame: Frame): GraphNode {
    const { variables, fixed, condition } = frame;
    const name = loopName(frame);
    const inputNames = [...variables, ...fixed].map((_, index) => `${name}/input_${index}`);
    const fixedInputs = fixed.map(
      (enter, index) => [`${enter.name}:0`, `${inputNames[variables.length + index]}:0`] as const,
    );
    const merged = variables.map(({ merge }, index) => [`${merge.name}:0`, `${inputNames[index]}:0`] as const);
    const chosen = variables.map(({ choice }, index) => [`${choice.name}:1`, `${inputNames[index]}:0`] as const);
    const define = (part: string, outputs: readonly string[], given: ReadonlyMap<string, string>): string => {
      const functionName = `${name}/${part}`;
      if (!this.#functions.has(functionName)) {
        const ordered = this.order(outputs, given);
        const inputs = inputNames.map((each) => ({ name: each, dtype: "float32" as const }));
        this.#functions.set(functionName, { name: functionName, inputs, controlOutputs: [], ...ordered });
      }
      return functionName;
    };
    const next = variables.map(({ next: node }) => node.inputs[0] ?? "");
    const cond = define("cond", [condition], new Map([...merged, ...fixedInputs]));
    const body = define(
      "body",
      [...next, ...fixed.map((enter) => `${enter.name}:0`)],
      new Map([...merged, ...chosen, ...fixedInputs]),
    );
    return {
      name,
      op: "While",
      inputs: [...variables.map(({ enter }) => enter), ...fixed].map((enter) => enter.inputs[0] ?? ""),
      controlInputs: [],
      attributes: new Map([
        ["cond", { kind: "function", value: cond }],
        ["body", { kind: "function", value: body }],
      ]),
    };
  }
}

function loopName({ name }: Frame): string {
  return `${name}/loop`;
}

function nodeOf(tensor: string): string {
  const colon = tensor.lastIndexOf(":");
  return colon === -1 ? tensor : tensor.slice(0, colon);
}

function quoted(name: string): string {
  return JSON.stringify(name);
}

function invalid(message: string): PlinthError {
  return new PlinthError("MODEL_FILE_INVALID", `${message}: export the model again`);
}
