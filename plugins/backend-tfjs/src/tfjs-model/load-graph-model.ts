import { DEFAULT_SIGNATURE, PlinthError, PREDICT_METHOD, type Signature, type TensorSpec } from "@plinth/core";
import type { Graph, GraphNode } from "@plinth/saved-model";
import { dispose, type NamedTensorMap, tidy } from "@tensorflow/tfjs-core";
import type { CompiledSignature } from "../compiled-model.js";
import { engineTypeAttribute, textOf } from "../graph/attributes.js";
import { type CompileContext, compileFunction, compileProgram } from "../graph/compile-program.js";
import type { Program } from "../graph/program.js";
import type { Resource, Value } from "../graph/values.js";
import { unsupportedOps } from "../ops/converter-ops.js";
import { isSupported } from "../ops/find-op.js";
import { Table } from "../ops/tables.js";
import { servableDType } from "../tensors/element-types.js";
import { elementTypeOf, readGraph, shapeOf, tensorName } from "./json-graph.js";
import type { JsonGraph, JsonSignature, JsonTensorInfo, ModelJson } from "./model-json.js";

interface Port {
  readonly name: string;
  readonly tensor: string;
  readonly spec: TensorSpec | undefined;
}

/** A graph model and what it keeps in the engine. */
export interface LoadedGraph {
  readonly signatures: ReadonlyMap<string, CompiledSignature>;
  readonly dispose: () => void;
}

/**
 * Compiles a graph model. The weights are its own from now on; where it fails, they are freed.
 *
 * @throws PlinthError `MODEL_UNSUPPORTED` for ops that there are none of; `MODEL_FILE_INVALID` for a graph that does not hold together
 */
export function loadGraphModel(model: ModelJson, weights: NamedTensorMap): LoadedGraph {
  try {
    const tables = new Map<string, Table>();
    const context = new GraphContext(weights, tables);
    const captured = runInitializer(model, context);
    const topology = model.topology as JsonGraph;
    const { inputs, outputs } = portsOf(topology, model.signature);
    if (outputs.length === 0) throw new PlinthError("MODEL_FILE_INVALID", "The graph of model.json has no outputs");
    const resources = Object.values(model.signature?.inputs ?? {}).flatMap((info) => capturedBy(info, captured));
    const program = context.compile(
      topology,
      [...inputs.map(({ tensor }) => tensor), ...resources.map(({ tensor }) => tensor)],
      outputs.map(({ tensor }) => tensor),
    );
    const signature: Signature = {
      inputs: specsOf(inputs, "input"),
      outputs: specsOf(outputs, "output"),
      method: PREDICT_METHOD,
      shapes: "binding",
    };
    const compiled = { signature, program, captured: resources.map(({ value }) => value) };
    return { signatures: new Map([[DEFAULT_SIGNATURE, compiled]]), dispose: () => dispose(weights) };
  } catch (error) {
    dispose(weights);
    throw error;
  }
}

class GraphContext implements CompileContext {
  readonly #weights: NamedTensorMap;
  readonly #tables: Map<string, Table>;
  #graph: Graph | undefined;

  constructor(weights: NamedTensorMap, tables: Map<string, Table>) {
    this.#weights = weights;
    this.#tables = tables;
  }

  compile(topology: JsonGraph, inputs: readonly string[], outputs: readonly string[]): Program {
    const graph = readGraph(topology, outputs);
    checkOps(graph);
    this.#graph = graph;
    return compileProgram({ nodes: graph.nodes, inputs, outputs: graph.outputs }, this);
  }

  constant(node: GraphNode): Value {
    const weight = Object.hasOwn(this.#weights, node.name) ? this.#weights[node.name] : undefined;
    if (weight !== undefined) return weight;
    throw new PlinthError("MODEL_FILE_INVALID", `The weights hold no value of the node ${JSON.stringify(node.name)}`);
  }

  resource(node: GraphNode): Resource {
    if (node.op === "VarHandleOp") throw unsupportedOps([[node.op, [node.name]]]);
    const key = textOf(node, "shared_name", "") || node.name;
    const table = this.#tables.get(key) ?? new Table(engineTypeAttribute(node, "value_dtype"));
    this.#tables.set(key, table);
    return table;
  }

  function(name: string): Program {
    const found = this.#graph?.functions.get(name);
    if (found === undefined)
      throw new PlinthError("MODEL_FILE_INVALID", `The graph has no function ${JSON.stringify(name)}`);
    return compileFunction(found, this);
  }
}

function checkOps({ nodes, functions }: Graph): void {
  const missing = new Map<string, string[]>();
  for (const { op, name } of [...nodes, ...[...functions.values()].flatMap((each) => each.nodes)]) {
    if (isSupported(op)) continue;
    missing.set(op, [...(missing.get(op) ?? []), name]);
  }
  if (missing.size > 0) throw unsupportedOps(missing);
}

/** Fills the model's tables, and gives what its own graph is to get of them, by the number that both name. */
function runInitializer(
  { initializer, initializerSignature }: ModelJson,
  context: GraphContext,
): ReadonlyMap<number, Value> {
  if (initializer === undefined) return new Map();
  const given = Object.values(initializerSignature?.outputs ?? {});
  const consumed = new Set(
    initializer.node.flatMap(({ input = [] }) => input.map((each) => each.replace(/^\^|:\d+$/g, ""))),
  );
  const last = initializer.node.map(({ name }) => name).filter((name) => !consumed.has(name));
  const outputs = given.map(({ name = "" }) => tensorName(name));
  const program = context.compile(initializer, [], [...outputs, ...last.map(tensorName)]);
  const values = tidy(() => program.run([]).slice(0, outputs.length) as never) as Value[];
  return new Map(
    given.flatMap(({ resourceId }, index) => (resourceId === undefined ? [] : [[resourceId, values[index] as Value]])),
  );
}

function capturedBy(
  { name = "", resourceId }: JsonTensorInfo,
  captured: ReadonlyMap<number, Value>,
): { tensor: string; value: Value }[] {
  const value = resourceId === undefined ? undefined : captured.get(resourceId);
  return value === undefined ? [] : [{ tensor: tensorName(name), value }];
}

/** By the signature in the file, else all placeholders and all that nothing needs. */
function portsOf(
  topology: JsonGraph,
  signature: JsonSignature | undefined,
): { readonly inputs: readonly Port[]; readonly outputs: readonly Port[] } {
  const bySignature = (infos: JsonSignature["inputs"]) =>
    Object.entries(infos ?? {}).flatMap(([name, info]) =>
      info.resourceId === undefined ? [{ name, tensor: tensorName(info.name ?? name), spec: specOf(info) }] : [],
    );
  const inputs = bySignature(signature?.inputs);
  const outputs = bySignature(signature?.outputs);
  const named = nodePorts(topology);
  return { inputs: inputs.length > 0 ? inputs : named.inputs, outputs: outputs.length > 0 ? outputs : named.outputs };
}

function nodePorts({ node: nodes }: JsonGraph): {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
} {
  const needed = new Set(nodes.flatMap(({ input = [] }) => input.map((each) => each.replace(/^\^|:\d+$/g, ""))));
  const port = (name: string, attribute: JsonGraph["node"][number]["attr"]): Port => ({
    name,
    tensor: `${name}:0`,
    spec: specOf({
      dtype: String(attribute?.dtype?.type ?? attribute?.T?.type ?? "DT_FLOAT"),
      ...(attribute?.shape?.shape && { tensorShape: attribute.shape.shape }),
    }),
  });
  return {
    inputs: nodes.filter(({ op }) => op.startsWith("Placeholder")).map(({ name, attr }) => port(name, attr)),
    outputs: nodes
      .filter(({ name, op }) => !needed.has(name) && op !== "Const" && op !== "NoOp" && !op.startsWith("Placeholder"))
      .map(({ name, attr }) => port(name, attr)),
  };
}

function specOf({ dtype, tensorShape }: JsonTensorInfo): TensorSpec | undefined {
  const number = Number(dtype);
  const served = servableDType(elementTypeOf(Number.isNaN(number) ? dtype : number) ?? "");
  return served === undefined ? undefined : { dtype: served, shape: shapeOf(tensorShape) };
}

function specsOf(ports: readonly Port[], direction: string): ReadonlyMap<string, TensorSpec> {
  return new Map(
    ports.map(({ name, spec }) => {
      if (spec !== undefined) return [name, spec];
      throw new PlinthError(
        "MODEL_UNSUPPORTED",
        `The ${direction} ${JSON.stringify(name)} is of a type that TensorFlow.js does not take or give`,
      );
    }),
  );
}
