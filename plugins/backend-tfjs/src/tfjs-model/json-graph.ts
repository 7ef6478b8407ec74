import type { Attribute, ElementType, Graph, GraphFunction, GraphNode, Shape } from "@plinth/saved-model";
import { orderGraph } from "../graph/order-graph.js";
import type { JsonAttribute, JsonFunction, JsonGraph, JsonNode, JsonShape } from "./model-json.js";

/** TensorFlow's data types as `model.json` names them, or numbers them. */
const TYPES: readonly (readonly [string, number, ElementType])[] = [
  ["DT_FLOAT", 1, "float32"],
  ["DT_DOUBLE", 2, "float64"],
  ["DT_INT32", 3, "int32"],
  ["DT_UINT8", 4, "uint8"],
  ["DT_INT16", 5, "int16"],
  ["DT_INT8", 6, "int8"],
  ["DT_STRING", 7, "string"],
  ["DT_COMPLEX64", 8, "complex64"],
  ["DT_INT64", 9, "int64"],
  ["DT_BOOL", 10, "bool"],
  ["DT_BFLOAT16", 14, "bfloat16"],
  ["DT_UINT16", 17, "uint16"],
  ["DT_HALF", 19, "float16"],
  ["DT_RESOURCE", 20, "resource"],
  ["DT_VARIANT", 21, "variant"],
  ["DT_UINT32", 22, "uint32"],
  ["DT_UINT64", 23, "uint64"],
];

/** Names of the outputs of ops that have several; an op that is not here has one, or one list. */
const OUTPUT_NAMES: Readonly<Record<string, readonly string[]>> = {
  FusedBatchNormV3: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"],
  MaxPoolWithArgmax: ["output", "argmax"],
  Merge: ["output", "value_index"],
  NonMaxSuppressionV4: ["selected_indices", "valid_outputs"],
  NonMaxSuppressionV5: ["selected_indices", "selected_scores", "valid_outputs"],
  SparseFillEmptyRows: ["output_indices", "output_values", "empty_row_indicator", "reverse_index_map"],
  SparseReshape: ["output_indices", "output_shape"],
  StringSplit: ["indices", "values", "shape"],
  StringSplitV2: ["indices", "values", "shape"],
  Switch: ["output_false", "output_true"],
  TensorArrayV3: ["handle", "flow"],
  TensorListPopBack: ["output_handle", "tensor"],
  TopKV2: ["values", "indices"],
  Unique: ["y", "idx"],
};

export function elementTypeOf(type: string | number | undefined): ElementType | undefined {
  return TYPES.find(([name, number]) => name === type || number === type)?.[2];
}

export function shapeOf(shape: JsonShape | undefined): Shape {
  if (shape === undefined || shape.unknownRank === true) return undefined;
  return (shape.dim ?? []).map(({ size }) => Number(size ?? 0));
}

/** `name`, or `name:n`, with the number always. */
export function tensorName(input: string): string {
  return /:\d+$/.test(input) ? input : `${input}:0`;
}

/** The graph of a topology, as far as outputs need it. */
export function readGraph(
  topology: JsonGraph,
  outputs: readonly string[],
): Graph & { readonly outputs: readonly string[] } {
  const nodes = topology.node.map((node) => readNode(node, tensorName));
  const ordered = orderGraph(nodes, outputs);
  const functions = new Map(ordered.functions);
  for (const each of topology.library?.function ?? []) functions.set(each.signature.name, readFunction(each));
  return { nodes: ordered.nodes, functions, outputs: ordered.outputs };
}

function readFunction({ signature, nodeDef = [], ret = {} }: JsonFunction): GraphFunction {
  const ops = new Map(nodeDef.map(({ name, op }) => [name, op]));
  const tensor = (input: string): string => {
    const [node = "", output, index] = input.split(":");
    if (output === undefined) return `${node}:0`;
    if (index === undefined) return input;
    const first = OUTPUT_NAMES[ops.get(node) ?? ""]?.indexOf(output) ?? 0;
    return `${node}:${Math.max(first, 0) + Number(index)}`;
  };
  const inputs = (signature.inputArg ?? []).map(({ name, type }) => ({
    name,
    dtype: elementTypeOf(type) ?? "float32",
  }));
  const placeholders = inputs.map(({ name }) => ({ name, op: "Placeholder" }));
  const nodes = [...placeholders, ...nodeDef].map((node) => readNode(node, tensor));
  const outputs = (signature.outputArg ?? []).map(({ name }) => tensor(ret[name] ?? name));
  const ordered = orderGraph(nodes, outputs);
  return { name: signature.name, inputs, outputs: ordered.outputs, controlOutputs: [], nodes: ordered.nodes };
}

/** What waits for what is left out: what TensorFlow.js saves has no effects. */
function readNode({ name, op, input = [], attr = {} }: JsonNode, tensor: (input: string) => string): GraphNode {
  return {
    name,
    op,
    inputs: input.filter((each) => !each.startsWith("^")).map(tensor),
    controlInputs: [],
    attributes: new Map(
      Object.entries(attr).flatMap(([key, value]) => {
        const read = readAttribute(value);
        return read === undefined ? [] : [[key, read]];
      }),
    ),
  };
}

function readAttribute(json: JsonAttribute): Attribute | undefined {
  if (json.s !== undefined) {
    const bytes = typeof json.s === "string" ? Buffer.from(json.s, "base64") : Uint8Array.from(json.s);
    return { kind: "bytes", value: new Uint8Array(bytes) };
  }
  if (json.i !== undefined) return { kind: "int", value: BigInt(json.i) };
  if (json.f !== undefined) return { kind: "float", value: Number(json.f) };
  if (json.b !== undefined) return { kind: "bool", value: json.b };
  if (json.shape !== undefined) return { kind: "shape", value: shapeOf(json.shape) };
  if (json.func !== undefined) return { kind: "function", value: json.func.name };
  if (json.list !== undefined) return { kind: "list", value: readList(json.list) };
  const type = elementTypeOf(json.type);
  return type === undefined ? undefined : { kind: "type", value: type };
}

function readList(list: Readonly<Record<string, readonly unknown[]>>): readonly Attribute[] {
  return Object.entries(list).flatMap(([kind, values]) =>
    (values ?? []).flatMap((value) => readAttribute({ [kind]: value } as JsonAttribute) ?? []),
  );
}
