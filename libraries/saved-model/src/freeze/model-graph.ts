import type { Attribute } from "../graph.js";
import type {
  OpDefinition,
  SavedAttribute,
  SavedFunctionBody,
  SavedGraph,
  SavedNode,
} from "../messages/graph-message.js";
import type { ExpansionBudget } from "../messages/tensor-message.js";
import { SavedModelError } from "../saved-model-error.js";

export interface ModelGraphOptions {
  readonly graph: SavedGraph;
  readonly ops: ReadonlyMap<string, OpDefinition>;
  /** Paths of asset files by the tensor that is to hold each. */
  readonly assetPaths: ReadonlyMap<string, string>;
  readonly budget: ExpansionBudget;
}

/** The model's own graph, as it is looked things up in. */
export class ModelGraph {
  readonly nodes: ReadonlyMap<string, SavedNode>;
  readonly #functions: ReadonlyMap<string, SavedFunctionBody>;
  readonly #ops: ReadonlyMap<string, OpDefinition>;
  readonly #assetPaths: ReadonlyMap<string, string>;
  readonly #budget: ExpansionBudget;
  readonly #bodies = new Map<SavedFunctionBody, ReadonlyMap<string, SavedNode>>();
  readonly #attributes = new Map<SavedNode, ReadonlyMap<string, Attribute>>();

  constructor({ graph, ops, assetPaths, budget }: ModelGraphOptions) {
    this.nodes = new Map(
      graph.nodes.map((node) => [node.name, assetPaths.has(`${node.name}:0`) ? asConstant(node) : node]),
    );
    this.#functions = graph.functions;
    this.#ops = ops;
    this.#assetPaths = assetPaths;
    this.#budget = budget;
  }

  hasFunction(name: string): boolean {
    return this.#functions.has(name);
  }

  /** @throws SavedModelError `GRAPH_INVALID` */
  function(name: string): SavedFunctionBody {
    const body = this.#functions.get(name);
    if (body === undefined) {
      throw new SavedModelError("GRAPH_INVALID", `The graph calls function ${name}, which it does not have`);
    }
    return body;
  }

  nodesOf(body: SavedFunctionBody): ReadonlyMap<string, SavedNode> {
    const known = this.#bodies.get(body);
    if (known !== undefined) return known;
    const nodes = byName(body.nodes);
    this.#bodies.set(body, nodes);
    return nodes;
  }

  definition(op: string): OpDefinition | undefined {
    return this.#functions.get(op)?.signature ?? this.#ops.get(op);
  }

  /**
   * A node's attributes with defaults filled in and constants read.
   *
   * @param call attributes of the call that the node's function is of: some attributes of nodes are theirs
   */
  attributes(node: SavedNode, call: ReadonlyMap<string, Attribute>): ReadonlyMap<string, Attribute> {
    const known = this.#attributes.get(node);
    if (known !== undefined) return known;
    const attributes = new Map<string, Attribute>();
    let isOwn = true;
    for (const [name, value] of [...(this.#ops.get(node.op)?.defaults ?? []), ...node.attributes]) {
      if (value.kind === "placeholder") isOwn = false;
      const read = this.#read(value, call);
      if (read !== undefined) attributes.set(name, read);
    }
    const path = this.nodes.get(node.name) === node ? this.#assetPaths.get(`${node.name}:0`) : undefined;
    if (path !== undefined) {
      attributes.set("value", { kind: "tensor", value: { dtype: "string", shape: [], strings: [Buffer.from(path)] } });
    }
    if (isOwn) this.#attributes.set(node, attributes);
    return attributes;
  }

  #read(value: SavedAttribute, call: ReadonlyMap<string, Attribute>): Attribute | undefined {
    if (value.kind === "placeholder") return call.get(value.value);
    if (value.kind === "tensor") return { kind: "tensor", value: value.value.read(this.#budget) };
    if (value.kind !== "list") return value;
    return { kind: "list", value: value.value.flatMap((item) => this.#read(item, call) ?? []) };
  }
}

/** A node that is told the path of an asset when the model is loaded: a placeholder or constant. */
function asConstant({ name }: SavedNode): SavedNode {
  return { name, op: "Const", inputs: [], attributes: new Map([["dtype", { kind: "type", value: "string" }]]) };
}

function byName(nodes: readonly SavedNode[]): ReadonlyMap<string, SavedNode> {
  return new Map(nodes.map((node) => [node.name, node]));
}
