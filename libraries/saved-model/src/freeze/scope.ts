import type { Attribute } from "../graph.js";
import type { SavedNode } from "../messages/graph-message.js";
import { SavedModelError } from "../saved-model-error.js";
import type { BodyBuilder } from "./body-builder.js";
import { inOrder } from "./body-order.js";
import type { ModelGraph } from "./model-graph.js";
import { type InputName, outputPosition, parseInputName } from "./tensor-name.js";
import type { Produced, Value } from "./value.js";

export interface ScopeOptions {
  readonly model: ModelGraph;
  readonly nodes: ReadonlyMap<string, SavedNode>;
  /** Where nodes go. */
  readonly builder: BodyBuilder;
  /** What names of nodes begin with. */
  readonly prefix: string;
  /** What stands for a tensor, `name:n`, in place of the node that gives it: arguments of functions, inputs of signatures. */
  readonly given: ReadonlyMap<string, Value>;
  /** What runs before anything in here that has an effect. */
  readonly controls: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Functions that this one was called by, itself last. */
  readonly callers: readonly string[];
}

/** One body on its way into a flat graph: the main graph, or a function for one of its calls. */
export class Scope {
  readonly options: ScopeOptions;
  readonly #produced = new Map<string, Produced>();
  readonly #names = new Map<string, string>();

  constructor(options: ScopeOptions) {
    this.options = options;
  }

  /** Nodes that `roots` need, in order. */
  order(roots: readonly InputName[]): readonly SavedNode[] {
    const wanted = roots.filter((root) => !this.#isGiven(root)).map(({ node }) => node);
    const names = inOrder(
      wanted,
      (name) => this.#needs(name, false),
      (name) => this.#needs(name, true),
    );
    return names.map((name) => this.node(name));
  }

  /** @throws SavedModelError `GRAPH_INVALID` */
  node(name: string): SavedNode {
    const node = this.options.nodes.get(name);
    if (node === undefined) {
      throw new SavedModelError("GRAPH_INVALID", `The graph has no node ${this.options.prefix}${name}`);
    }
    return node;
  }

  /** The name that a node has in the flat graph. */
  nameOf(node: string): string {
    const known = this.#names.get(node);
    if (known !== undefined) return known;
    const name = this.options.builder.names.take(`${this.options.prefix}${node}`);
    this.#names.set(node, name);
    return name;
  }

  produce(node: string, produced: Produced): void {
    this.#produced.set(node, produced);
  }

  value(input: InputName): Value {
    const given = this.options.given.get(`${input.node}:${input.index}`);
    if (given !== undefined && input.output === "") return given;
    const node = this.node(input.node);
    const position = outputPosition(node, input, this.options.model.definition(node.op));
    const produced = this.#produced.get(input.node);
    if (produced?.kind !== "values") return { kind: "tensor", tensor: `${this.nameOf(input.node)}:${position}` };
    const value = produced.values[position];
    if (value === undefined) {
      throw new SavedModelError(
        "GRAPH_INVALID",
        `Expected an output ${position} of node ${this.options.prefix}${input.node} (${node.op})`,
      );
    }
    return value;
  }

  /** Data inputs of a node, in order. */
  inputsOf(node: SavedNode): readonly Value[] {
    return node.inputs.filter((input) => !input.startsWith("^")).map((input) => this.value(parseInputName(input)));
  }

  /** What a node waits for besides its inputs. */
  controlsOf(node: SavedNode): readonly string[] {
    const controls = node.inputs
      .filter((input) => input.startsWith("^"))
      .flatMap((input) => this.doneWith(input.slice(1)));
    return [...new Set([...controls, ...this.options.controls])];
  }

  /** What to wait for so that a node has run. */
  doneWith(node: string): readonly string[] {
    if (this.options.given.has(`${node}:0`)) return [];
    const produced = this.#produced.get(node);
    if (produced?.kind === "values") return produced.done;
    return [this.nameOf(node)];
  }

  #isGiven({ node, index, output }: InputName): boolean {
    return output === "" && this.options.given.has(`${node}:${index}`);
  }

  /** @param isNext whether to list what comes around in a loop, or all else */
  #needs(name: string, isNext: boolean): readonly string[] {
    const { op, inputs } = this.node(name);
    const isMerge = op === "Merge" || op === "RefMerge";
    if (isNext && !isMerge) return [];
    return inputs
      .map(parseInputName)
      .filter((input) => !this.#isGiven(input))
      .map(({ node }) => node)
      .filter((node) => !isMerge || isNext === this.node(node).op.endsWith("NextIteration"));
  }
}
