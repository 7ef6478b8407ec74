import type { Attribute } from "../graph.js";
import type { Limits } from "../limits.js";
import { SavedModelError } from "../saved-model-error.js";
import type { FlatNode } from "./flat-graph.js";

/** Characters of names, and inputs of a node, that weigh as much as one node more. */
const NAME_WEIGHT = 256;
const INPUTS_WEIGHT = 16;

/** How many nodes there may still be, in all graphs of a model. */
export class NodeBudget {
  readonly #limit: number;
  #left: number;

  constructor({ maxNodes }: Pick<Limits, "maxNodes">) {
    this.#limit = maxNodes;
    this.#left = maxNodes;
  }

  /** @throws SavedModelError `TOO_LARGE` */
  spend(weight: number): void {
    this.#left -= weight;
    if (this.#left < 0) {
      throw new SavedModelError(
        "TOO_LARGE",
        `Expected graphs of at most ${this.#limit} nodes once calls are put in place (maxNodes)`,
      );
    }
  }
}

/** Names of all nodes of one graph and its functions. */
export class NodeNames {
  readonly #taken = new Set<string>();
  readonly #suffixes = new Map<string, number>();
  readonly #budget: NodeBudget;

  constructor(budget: NodeBudget) {
    this.#budget = budget;
  }

  /** `wanted`, or the first of `wanted_1`, `wanted_2` ... that nobody has. */
  take(wanted: string): string {
    let name = wanted;
    while (this.#taken.has(name)) {
      const suffix = (this.#suffixes.get(wanted) ?? 0) + 1;
      this.#suffixes.set(wanted, suffix);
      name = `${wanted}_${suffix}`;
    }
    this.#taken.add(name);
    this.spend(1 + name.length / NAME_WEIGHT);
    return name;
  }

  /** @throws SavedModelError `TOO_LARGE` */
  spend(weight: number): void {
    this.#budget.spend(weight);
  }
}

/** What a handle's node is made of: the op and attributes that the model has for a variable or table. */
export interface HandleDefinition {
  readonly key: string;
  /** How its node is called where nobody has that name. */
  readonly name: string;
  readonly op: string;
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Tensors that the table is made of: they are in the graph itself, not in functions. */
  readonly inputs: readonly string[];
}

/** Takes the nodes of one body in order, each after those that it needs. */
export class BodyBuilder {
  readonly nodes: Map<string, FlatNode> = new Map();
  readonly names: NodeNames;
  readonly #handles = new Map<string, string>();
  readonly #isFunction: boolean;

  constructor(names: NodeNames, isFunction: boolean) {
    this.names = names;
    this.#isFunction = isFunction;
  }

  /** @returns its output 0 */
  add(node: FlatNode): string {
    this.names.spend((node.inputs.length + node.controlInputs.length) / INPUTS_WEIGHT);
    this.nodes.set(node.name, node);
    return `${node.name}:0`;
  }

  /** The tensor of a handle, which has one node in each body that uses it. */
  handle({ key, name, op, attributes, inputs }: HandleDefinition): string {
    const known = this.#handles.get(key);
    if (known !== undefined) return known;
    if (inputs.length > 0 && this.#isFunction) {
      throw new SavedModelError("UNSUPPORTED", `Table ${name} (${op}) cannot be used in a branch or loop`);
    }
    const tensor = this.add({ name: this.names.take(name), op, inputs, controlInputs: [], attributes, resource: key });
    this.#handles.set(key, tensor);
    return tensor;
  }
}
