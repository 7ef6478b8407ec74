import { PlinthError } from "@plinth/core";
import type { Attribute, ElementType, GraphNode } from "@plinth/saved-model";
import { GraphModel } from "@tensorflow/tfjs-converter";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { CompileOp } from "../graph/compile-program.js";
import { tensorsOf } from "./kernels.js";

/** TensorFlow's names of the element types that the converter reads. */
const TYPE_NAMES: Readonly<Partial<Record<ElementType, string>>> = {
  float32: "DT_FLOAT",
  float64: "DT_DOUBLE",
  float16: "DT_HALF",
  bfloat16: "DT_FLOAT",
  int8: "DT_INT8",
  uint8: "DT_UINT8",
  int16: "DT_INT32",
  uint16: "DT_INT32",
  int32: "DT_INT32",
  uint32: "DT_INT32",
  int64: "DT_INT64",
  uint64: "DT_INT64",
  bool: "DT_BOOL",
  string: "DT_STRING",
  complex64: "DT_COMPLEX64",
  complex128: "DT_COMPLEX64",
};

/** The inside of the converter's model that says whether it knows the ops of its nodes. */
interface Insides {
  readonly executor: { readonly graph: { readonly nodes: Readonly<Record<string, { readonly category?: string }>> } };
}

const NODE = "node";

/** Ops that the converter computes only later, which a graph here does not wait for. */
const COMPUTED_LATER: ReadonlySet<string> = new Set(["ListDiff", "HashTable", "If", "While"]);

/** An op as TensorFlow.js's converter computes it: a model of that node alone. */
export const converterOp: CompileOp = (node, _context, outputCount) => {
  const model = modelOf(node);
  if (!isConvertible(model, node.op)) throw unsupportedOps([[node.op, [node.name]]]);
  const outputs = Array.from({ length: Math.max(outputCount, 1) }, (_, index) => `${NODE}:${index}`);
  return (inputs) => {
    const named = Object.fromEntries(tensorsOf(inputs).map((tensor, index) => [`x${index}`, tensor]));
    const result = model.execute(named, outputs) as Tensor | Tensor[];
    return Array.isArray(result) ? result : [result];
  };
};

/** Whether the converter has an op of this name. */
export function isConverterOp(op: string): boolean {
  const node: GraphNode = { name: NODE, op, inputs: [], controlInputs: [], attributes: new Map() };
  return isConvertible(modelOf(node), op);
}

/** @param ops with the nodes of each */
export function unsupportedOps(ops: Iterable<readonly [string, readonly string[]]>): PlinthError {
  const named = [...ops].map(
    ([op, nodes]) =>
      `${op} (node ${nodes
        .slice(0, 3)
        .map((name) => JSON.stringify(name))
        .join(", ")})`,
  );
  return new PlinthError(
    "MODEL_UNSUPPORTED",
    `TensorFlow.js has no ${named.join(", ")}. The engine native has all of TensorFlow's ops: install @tensorflow/tfjs-node`,
    { details: { ops: [...ops].map(([op]) => op) } },
  );
}

function isConvertible(model: GraphModel<never>, op: string): boolean {
  const { category } = (model as unknown as Insides).executor.graph.nodes[NODE] ?? {};
  return category !== undefined && category !== "custom" && !COMPUTED_LATER.has(op);
}

function modelOf({ op, inputs, attributes }: GraphNode): GraphModel<never> {
  const names = inputs.map((_, index) => `x${index}`);
  const attr = Object.fromEntries(
    [...attributes].flatMap(([name, value]) => {
      const written = toJson(value);
      return written === undefined ? [] : [[name, written]];
    }),
  );
  const placeholders = names.map((name) => ({ name, op: "Placeholder", input: [], attr: {} }));
  const modelTopology = {
    node: [...placeholders, { name: NODE, op, input: names, attr }],
    versions: { producer: 0, minConsumer: 0 },
  };
  const model = new GraphModel({
    load: () => ({ modelTopology, weightSpecs: [], weightData: new ArrayBuffer(0) }),
  } as never);
  model.load();
  return model;
}

/** An attribute in protobuf's JSON, as the converter's model.json has it. */
function toJson(attribute: Attribute): object | undefined {
  switch (attribute.kind) {
    case "bytes":
      return { s: Buffer.from(attribute.value).toString("base64") };
    case "int":
      return { i: Number(attribute.value) };
    case "float":
      return { f: attribute.value };
    case "bool":
      return { b: attribute.value };
    case "type":
      return { type: TYPE_NAMES[attribute.value] ?? "DT_INVALID" };
    case "shape":
      return {
        shape:
          attribute.value === undefined ? { unknownRank: true } : { dim: attribute.value.map((size) => ({ size })) },
      };
    case "list":
      return { list: listJson(attribute.value) };
    case "tensor":
    case "function":
      return undefined;
  }
}

function listJson(values: readonly Attribute[]): object {
  const list: Record<string, unknown[]> = {};
  for (const value of values) {
    for (const [kind, written] of Object.entries(toJson(value) ?? {})) {
      const items = list[kind] ?? [];
      items.push(written);
      list[kind] = items;
    }
  }
  return list;
}
