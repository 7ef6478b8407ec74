import { relative } from "node:path";
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import type { ConstantTensor } from "../constant-tensor.js";
import type { ElementType } from "../element-type.js";
import type { HandleDefinition } from "../freeze/body-builder.js";
import { type FlatGraph, type FlatNode, nodeOf, outputIndex } from "../freeze/flat-graph.js";
import { freezeVariables } from "../freeze/freeze-variables.js";
import { usedResources } from "../freeze/resource-use.js";
import { simplify } from "../freeze/simplify.js";
import type { Limits } from "../limits.js";
import { readWholeFile } from "../read-file.js";
import type { InitialValue, LookupTable } from "../saved-model.js";
import { SavedModelError } from "../saved-model-error.js";
import { type Initialisation, restoredBy } from "./initialisation.js";
import type { Source } from "./source.js";
import { readTextFileTable } from "./text-file-table.js";

/** Variables that a value may be worked out from, one from another. */
const MAX_DEPTH = 20;

/** Nodes that are looked at for values that have to be worked out, counted again for each. */
const MAX_WORK = 20_000_000;

export interface InitialValuesOptions {
  readonly directory: string;
  readonly initialisation: Initialisation;
  /** Opened with the first value that is in it. */
  readonly checkpoint: () => Promise<Checkpoint>;
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
}

/** Gets what variables and tables begin with. */
export class InitialValues {
  readonly #options: InitialValuesOptions;
  #work = 0;

  constructor(options: InitialValuesOptions) {
    this.#options = options;
  }

  /**
   * @returns `undefined` where nothing gives the variable a value
   * @throws SavedModelError of the checkpoint; `UNSUPPORTED` where what gives it one is not understood
   */
  variable(definition: HandleDefinition): Promise<InitialValue | undefined> {
    return this.#variable(definition.key, MAX_DEPTH);
  }

  async table(definition: HandleDefinition): Promise<LookupTable["entries"]> {
    const source = this.#options.initialisation.table(definition.key);
    if (source === undefined) return undefined;
    if (source.kind === "unknown") throw notUnderstood(`table ${definition.name}`, source.node);
    if (source.kind === "tensors") {
      return { keys: await this.#value(source.keys, MAX_DEPTH), values: await this.#value(source.values, MAX_DEPTH) };
    }
    const path = await this.#value(source.path, MAX_DEPTH);
    const file = this.#assetFile(path, definition);
    const { directory, limits, signal } = this.#options;
    const bytes = await readWholeFile(directory, file, limits.maxAssetBytes, signal);
    const types = { key: typeOf(definition, "key_dtype"), value: typeOf(definition, "value_dtype") };
    const { keys, values } = readTextFileTable(bytes, source.layout, types, file);
    return { keys: { kind: "constant", tensor: keys }, values: { kind: "constant", tensor: values } };
  }

  async #variable(key: string, depth: number): Promise<InitialValue | undefined> {
    const source = this.#options.initialisation.variable(key);
    if (source !== undefined) return this.#value(source, depth);
    const checkpoint = await this.#options.checkpoint();
    const name = key.slice(key.indexOf(":") + 1);
    return checkpoint.has(name) ? { kind: "constant", tensor: await checkpoint.read(name) } : undefined;
  }

  async #value(source: Source, depth: number): Promise<InitialValue> {
    if (depth === 0) {
      throw new SavedModelError("TOO_DEEP", "A variable's first value is worked out from too many others");
    }
    switch (source.kind) {
      case "constant":
        return source;
      case "checkpoint": {
        const checkpoint = await this.#options.checkpoint();
        return { kind: "constant", tensor: await checkpoint.read(source.variable, source.shapeAndSlice) };
      }
      case "computed":
        return this.#computed(source.graph, source.tensor, depth);
      case "unknown":
        throw notUnderstood("a variable", source.node);
    }
  }

  async #computed(graph: FlatGraph, tensor: string, depth: number): Promise<InitialValue> {
    this.#work += graph.nodes.size;
    if (this.#work > MAX_WORK) {
      throw new SavedModelError("TOO_LARGE", "Too many variables begin with what has to be worked out");
    }
    const wanted = needed(graph, tensor);
    const values = new Map<string, ConstantTensor>();
    for (const key of usedResources(wanted)) {
      const value = key.startsWith("variable:") ? await this.#variable(key, depth - 1) : undefined;
      if (value?.kind !== "constant") throw notUnderstood(key, nodeOf(tensor));
      values.set(key, value.tensor);
    }
    const restored = await this.#restored(freezeVariables(wanted, values));
    const { nodes, functions, outputs } = simplify(restored, [], {
      changed: new Set(),
      isSink: () => false,
      assertions: "keep",
    });
    const waiting = nodes.find(({ op }) => op === "Placeholder");
    if (waiting !== undefined) throw notUnderstood("a variable", waiting.name);
    const [output = ":0"] = outputs;
    const value = nodes.find(({ name, op }) => op === "Const" && name === nodeOf(output))?.attributes.get("value");
    if (value?.kind === "tensor") return { kind: "constant", tensor: value.value };
    return { kind: "computed", graph: { nodes, functions }, tensor: output };
  }

  /** The graph with constants in the place of what it restores. */
  async #restored(graph: FlatGraph): Promise<FlatGraph> {
    const nodes = new Map<string, FlatNode>();
    for (const node of graph.nodes.values()) {
      const inputs: string[] = [];
      for (const input of node.inputs) inputs.push(await this.#constantFor(graph, nodes, input));
      if (node.op !== "RestoreV2") nodes.set(node.name, { ...node, inputs, controlInputs: [] });
    }
    return { ...graph, nodes };
  }

  async #constantFor(graph: FlatGraph, nodes: Map<string, FlatNode>, input: string): Promise<string> {
    const producer = graph.nodes.get(nodeOf(input));
    if (producer?.op !== "RestoreV2") return input;
    const source = restoredBy(graph, producer, outputIndex(input));
    if (source === undefined) throw notUnderstood("a variable", producer.name);
    const { variable, shapeAndSlice } = source;
    const tensor = await (await this.#options.checkpoint()).read(variable, shapeAndSlice);
    const name = `${producer.name}/${outputIndex(input)}`;
    nodes.set(name, {
      name,
      op: "Const",
      inputs: [],
      controlInputs: [],
      attributes: new Map([
        ["dtype", { kind: "type", value: tensor.dtype }],
        ["value", { kind: "tensor", value: tensor }],
      ]),
    });
    return `${name}:0`;
  }

  /** The name of a table's file inside of the model's folder. */
  #assetFile(path: InitialValue, { name }: HandleDefinition): string {
    const text = path.kind === "constant" && path.tensor.dtype === "string" ? path.tensor.strings[0] : undefined;
    const { directory } = this.#options;
    const file = text === undefined ? "" : relative(directory, Buffer.from(text).toString()).replaceAll("\\", "/");
    if (!file.startsWith("assets/")) {
      throw new SavedModelError(
        "ASSET_INVALID",
        `Expected the file of table ${name} to be one of the model's assets; export the model again`,
      );
    }
    return file;
  }
}

function needed(graph: FlatGraph, tensor: string): FlatGraph {
  const nodes = new Set<string>();
  const waiting = [nodeOf(tensor)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (nodes.has(name)) continue;
    nodes.add(name);
    waiting.push(...(graph.nodes.get(name)?.inputs ?? []).map(nodeOf));
  }
  const kept = [...graph.nodes].filter(([name]) => nodes.has(name));
  return { ...graph, nodes: new Map(kept), outputs: [tensor], controlOutputs: [] };
}

function typeOf({ attributes }: HandleDefinition, name: string): ElementType {
  const type = attributes.get(name);
  return type?.kind === "type" ? type.value : "string";
}

function notUnderstood(what: string, node: string): SavedModelError {
  return new SavedModelError(
    "UNSUPPORTED",
    `What ${what} begins with cannot be told from node ${node} of the model's initialisation`,
  );
}
