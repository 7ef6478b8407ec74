import { type FlatGraph, type FlatNode, nodeOf, outputIndex } from "../freeze/flat-graph.js";
import { HANDLE_READERS, PASS_THROUGH } from "../freeze/op-kinds.js";
import { changedResources, handleOf } from "../freeze/resource-use.js";
import type { Attribute } from "../graph.js";
import type { PartitionedVariable } from "../messages/variable-message.js";
import type { EntriesSource, Source, TextFileLayout } from "./source.js";

/** Nodes that pass a value on until it is assigned. */
const MAX_STEPS = 1000;

/**
 * What the graphs that restore and initialise a model give its variables and tables, understood instead of run: assignments of what stands
 * in the checkpoint or in the graph, tables' entries. Later ones win, but nothing that has to be worked out wins over the checkpoint:
 * some models run their variables' random initialisers after they were restored.
 */
export class Initialisation {
  readonly #variables = new Map<string, Source>();
  readonly #tables = new Map<string, EntriesSource>();

  variable(key: string): Source | undefined {
    return this.#variables.get(key);
  }

  table(key: string): EntriesSource | undefined {
    return this.#tables.get(key);
  }

  /** Keys of variables by the name that they stand under in the checkpoint. */
  restored(): ReadonlyMap<string, string> {
    const restored = new Map<string, string>();
    for (const [key, source] of this.#variables) if (source.kind === "checkpoint") restored.set(source.variable, key);
    return restored;
  }

  /** Parts of variables whose graph does not say how they are restored. */
  takePartitions(partitions: readonly PartitionedVariable[]): void {
    for (const { name, whole, shapeAndSlice } of partitions) {
      this.#variables.set(`variable:${name}`, { kind: "checkpoint", variable: whole, shapeAndSlice });
    }
  }

  take(graph: FlatGraph): void {
    for (const node of graph.nodes.values()) this.#takeNode(graph, node);
    for (const body of graph.functions.values()) {
      for (const key of changedResources([{ ...body, functions: new Map() }])) this.#setUnknown(key, body.name);
    }
  }

  #takeNode(graph: FlatGraph, node: FlatNode): void {
    const key = node.resource === undefined ? handleOf(graph, node.inputs[0] ?? ":0")?.resource : undefined;
    if (key === undefined || HANDLE_READERS.has(node.op)) return;
    const [, second = ":0", third = ":0"] = node.inputs;
    switch (node.op) {
      case "AssignVariableOp":
        this.#setVariable(key, sourceOf(graph, second));
        break;
      case "InitializeTableV2":
      case "LookupTableImportV2":
        this.#tables.set(key, { kind: "tensors", keys: sourceOf(graph, second), values: sourceOf(graph, third) });
        break;
      case "InitializeTableFromTextFileV2":
        this.#tables.set(key, { kind: "text file", path: sourceOf(graph, second), layout: layoutOf(node.attributes) });
        break;
      default:
        this.#setUnknown(key, `${node.name} (${node.op})`);
    }
  }

  #setVariable(key: string, source: Source): void {
    const isRestored = this.#variables.get(key)?.kind === "checkpoint";
    if (!isRestored || source.kind !== "computed") this.#variables.set(key, source);
  }

  #setUnknown(key: string, node: string): void {
    if (key.startsWith("table:")) this.#tables.set(key, { kind: "unknown", node });
    else this.#variables.set(key, { kind: "unknown", node });
  }
}

function sourceOf(graph: FlatGraph, tensor: string): Source {
  let from = tensor;
  let node = graph.nodes.get(nodeOf(from));
  for (let step = 0; step < MAX_STEPS && node !== undefined && PASS_THROUGH.has(node.op); step++) {
    from = node.inputs[0] ?? ":0";
    node = graph.nodes.get(nodeOf(from));
  }
  if (node?.op === "Const") {
    const value = node.attributes.get("value");
    if (value?.kind === "tensor") return { kind: "constant", tensor: value.value };
  }
  if (node?.op === "RestoreV2") {
    const restored = restoredBy(graph, node, outputIndex(from));
    if (restored !== undefined) return restored;
  }
  return { kind: "computed", graph, tensor };
}

/** What output `index` of a `RestoreV2` is, where its names are constants. */
export function restoredBy(
  graph: FlatGraph,
  node: FlatNode,
  index: number,
): (Source & { kind: "checkpoint" }) | undefined {
  const [, names = ":0", slices = ":0"] = node.inputs;
  const variable = stringAt(graph, names, index);
  const shapeAndSlice = stringAt(graph, slices, index);
  if (variable === undefined || shapeAndSlice === undefined) return undefined;
  return { kind: "checkpoint", variable, shapeAndSlice };
}

function stringAt(graph: FlatGraph, tensor: string, index: number): string | undefined {
  const source = sourceOf(graph, tensor);
  if (source.kind !== "constant" || source.tensor.dtype !== "string") return undefined;
  const text = source.tensor.strings[index];
  return text === undefined ? undefined : Buffer.from(text).toString();
}

function layoutOf(attributes: ReadonlyMap<string, Attribute>): TextFileLayout {
  const integer = (name: string, absent: number): number => {
    const value = attributes.get(name);
    return value?.kind === "int" ? Number(value.value) : absent;
  };
  const delimiter = attributes.get("delimiter");
  return {
    keyIndex: integer("key_index", -2),
    valueIndex: integer("value_index", -1),
    size: integer("vocab_size", -1),
    offset: integer("offset", 0),
    delimiter: delimiter?.kind === "bytes" ? Buffer.from(delimiter.value).toString("latin1") : "\t",
  };
}
