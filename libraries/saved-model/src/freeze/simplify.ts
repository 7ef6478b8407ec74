import type { Graph, GraphFunction, GraphNode } from "../graph.js";
import { SavedModelError } from "../saved-model-error.js";
import { EffectOrder, type EffectRules, functionsOf, hasEffect, NONE } from "./effects.js";
import { type FlatBody, type FlatFunction, type FlatGraph, type FlatNode, nodeOf } from "./flat-graph.js";
import { DATAFLOW_CONTROL, PASS_THROUGH } from "./op-kinds.js";

export interface SimplifyOptions extends Omit<EffectRules, "functions"> {
  readonly assertions: "keep" | "drop";
}

/** A graph, and which of its tensors its outputs have become. */
export interface Simplified extends Graph {
  readonly outputs: readonly string[];
}

/**
 * Takes out what does nothing: nodes that pass their input on, nodes that only wait, and waiting for anything but effects. What outputs and
 * effects do not need goes too. Effects stay, in their order.
 *
 * @param kept nodes that stay in any case
 */
export function simplify(graph: FlatGraph, kept: readonly string[], options: SimplifyOptions): Simplified {
  const effects = new Map<string, boolean>();
  const functions = new Map<string, GraphFunction>();
  for (const [name, flat] of graph.functions) {
    const body = simplifyBody(flat, flat.inputs, { ...options, functions: effects });
    effects.set(name, body.hasEffect);
    functions.set(name, asFunction(flat, body));
  }
  const { nodes, outputs } = simplifyBody(graph, kept, { ...options, functions: effects });
  return { nodes, outputs, functions: reachable(nodes, functions) };
}

interface SimplifiedBody {
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly string[];
  readonly controlOutputs: readonly string[];
  readonly hasEffect: boolean;
}

type Options = EffectRules & Pick<SimplifyOptions, "assertions">;

function simplifyBody(body: FlatBody, kept: readonly string[], options: Options): SimplifiedBody {
  const isDataflow = [...body.nodes.values()].some(({ op }) => DATAFLOW_CONTROL.has(op));
  const pass = new Pass(body, options, isDataflow);
  for (const node of body.nodes.values()) pass.take(node);
  const outputs = body.outputs.map((output) => pass.tensor(output));
  const controlOutputs = pass.waitFor(body.controlOutputs);
  const needed = reachableNodes(pass.nodes, [...outputs.map(nodeOf), ...controlOutputs, ...kept]);
  const nodes = [...pass.nodes.values()].filter(({ name }) => needed.has(name));
  return {
    nodes,
    outputs,
    controlOutputs,
    hasEffect: nodes.some((node) => hasEffect({ nodes: pass.nodes }, node, options)),
  };
}

/** Goes through the nodes of one body in their order. */
class Pass {
  readonly nodes: Map<string, FlatNode> = new Map();
  readonly #body: FlatBody;
  readonly #options: Options;
  readonly #isDataflow: boolean;
  readonly #aliases = new Map<string, string>();
  readonly #effects = new Map<string, ReadonlySet<string>>();
  readonly #order: EffectOrder;

  /** @param isDataflow where waiting decides whether a node runs at all: nothing is taken out then */
  constructor(body: FlatBody, options: Options, isDataflow: boolean) {
    this.#body = body;
    this.#options = options;
    this.#isDataflow = isDataflow;
    this.#order = new EffectOrder((effects) => this.#group(effects));
  }

  take(node: FlatNode): void {
    if (this.#isDataflow) this.#keepAsIs(node);
    else if (node.op === "NoOp" || this.#isDropped(node)) this.#effects.set(node.name, this.#union(node.controlInputs));
    else this.#simplify(node);
  }

  /** @throws SavedModelError `GRAPH_INVALID` where its node gives nothing */
  tensor(tensor: string): string {
    const alias = this.#aliases.get(tensor);
    if (alias !== undefined) return alias;
    if (!this.#isDataflow && !this.nodes.has(nodeOf(tensor))) {
      throw new SavedModelError("GRAPH_INVALID", `Expected an output of node ${nodeOf(tensor)}, which has none`);
    }
    return tensor;
  }

  /** What to wait for so that these nodes have run, as far as that can be seen. */
  waitFor(nodes: readonly string[]): readonly string[] {
    return this.#isDataflow ? nodes : [...this.#union(nodes)];
  }

  #keepAsIs(node: FlatNode): void {
    const isDropped = this.#isDropped(node);
    this.nodes.set(node.name, isDropped ? { ...node, op: "NoOp", inputs: [], attributes: new Map() } : node);
  }

  #isDropped({ op }: FlatNode): boolean {
    return op === "Assert" && this.#options.assertions === "drop";
  }

  #simplify(node: FlatNode): void {
    const inputs = node.inputs.map((input) => this.tensor(input));
    const passed = this.#union(inputs.map(nodeOf));
    const waited = this.#union(node.controlInputs);
    const all = this.#order.union([passed, waited]);
    const isGrouped = [...all].some((effect) => !passed.has(effect) && !waited.has(effect));
    const controlInputs = [...waited].filter((effect) => !passed.has(effect) && (isGrouped || all.has(effect)));
    const [only] = inputs;
    if (PASS_THROUGH.has(node.op) && controlInputs.length === 0 && inputs.length === 1 && only !== undefined) {
      this.#aliases.set(`${node.name}:0`, only);
      this.#effects.set(node.name, passed);
      return;
    }
    const kept = { ...node, inputs, controlInputs };
    this.nodes.set(node.name, kept);
    this.#effects.set(
      node.name,
      hasEffect({ nodes: this.nodes }, kept, this.#options) ? this.#order.add(node.name, all) : all,
    );
  }

  #union(nodes: readonly string[]): ReadonlySet<string> {
    return this.#order.union(nodes.map((node) => this.#effects.get(node) ?? NONE));
  }

  #group(effects: readonly string[]): string {
    let name = `${effects[0]}/and_others`;
    while (this.#body.nodes.has(name) || this.nodes.has(name)) name += "_";
    this.nodes.set(name, { name, op: "NoOp", inputs: [], controlInputs: effects, attributes: new Map() });
    return name;
  }
}

function reachableNodes(nodes: ReadonlyMap<string, FlatNode>, roots: readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const node = nodes.get(name);
    if (node === undefined || reached.has(name)) continue;
    reached.add(name);
    waiting.push(...node.controlInputs, ...node.inputs.map(nodeOf));
  }
  return reached;
}

/** Functions that nodes name, and those that their nodes name. */
function reachable(
  nodes: readonly GraphNode[],
  functions: ReadonlyMap<string, GraphFunction>,
): ReadonlyMap<string, GraphFunction> {
  const reached = new Set<string>();
  const waiting = nodes.flatMap(functionsOf);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    waiting.push(...(functions.get(name)?.nodes ?? []).flatMap(functionsOf));
  }
  return new Map([...functions].filter(([name]) => reached.has(name)));
}

function asFunction(
  { name, inputs, nodes: flat }: FlatFunction,
  { nodes, outputs, controlOutputs }: SimplifiedBody,
): GraphFunction {
  const typed = inputs.map((input) => {
    const type = flat.get(input)?.attributes.get("dtype");
    return { name: input, dtype: type?.kind === "type" ? type.value : ("variant" as const) };
  });
  return { name, inputs: typed, outputs, controlOutputs, nodes };
}
