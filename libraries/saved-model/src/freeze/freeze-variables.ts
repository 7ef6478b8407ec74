import type { ConstantTensor } from "../constant-tensor.js";
import type { Attribute } from "../graph.js";
import type { FlatBody, FlatFunction, FlatGraph, FlatNode } from "./flat-graph.js";
import { PASS_HANDLES } from "./op-kinds.js";
import { handleOf } from "./resource-use.js";

/** The graph with constants in the place of variables that nothing changes. @param values of those, by key */
export function freezeVariables(graph: FlatGraph, values: ReadonlyMap<string, ConstantTensor>): FlatGraph {
  const functions = [...graph.functions].map(([name, body]): [string, FlatFunction] => [
    name,
    { ...body, nodes: freezeBody(body, values) },
  ]);
  return { ...graph, nodes: freezeBody(graph, values), functions: new Map(functions) };
}

function freezeBody(body: FlatBody, values: ReadonlyMap<string, ConstantTensor>): ReadonlyMap<string, FlatNode> {
  const nodes = new Map<string, FlatNode>();
  for (const node of body.nodes.values()) {
    for (const frozen of freezeNode(body, node, values)) nodes.set(frozen.name, frozen);
  }
  return nodes;
}

function freezeNode(body: FlatBody, node: FlatNode, values: ReadonlyMap<string, ConstantTensor>): readonly FlatNode[] {
  const handle = node.resource === undefined ? handleOf(body, node.inputs[0] ?? ":0") : node;
  const value = values.get(handle?.resource ?? "");
  if (value === undefined) return [node];
  if (node === handle) return [constant(node.name, value, node.controlInputs)];
  const type: Attribute = { kind: "type", value: value.dtype };
  if (PASS_HANDLES.has(node.op)) return [{ ...node, attributes: new Map([...node.attributes, ["T", type]]) }];
  switch (node.op) {
    case "ReadVariableOp":
      return [{ ...node, op: "Identity", attributes: new Map([["T", type]]) }];
    case "VariableShape":
      return [{ ...node, op: "Shape", attributes: shapeAttributes(node, type) }];
    case "VarIsInitializedOp":
      return [constant(node.name, { dtype: "bool", shape: [], bytes: Uint8Array.of(1) }, node.controlInputs)];
    case "DisableCopyOnRead":
      return [{ ...node, op: "NoOp", inputs: [], attributes: new Map() }];
    case "ResourceGatherNd":
      return [{ ...node, op: "GatherNd", attributes: gatherAttributes(node, type) }];
    case "ResourceGather":
      return gather(node, type);
    default:
      return [node];
  }
}

/** Takes rows of the variable behind as many dimensions as are batches. */
function gather(node: FlatNode, type: Attribute): readonly FlatNode[] {
  const batches = node.attributes.get("batch_dims");
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(batches?.kind === "int" ? Number(batches.value) : 0);
  const axis = constant(`${node.name}/axis`, { dtype: "int32", shape: [], bytes }, []);
  const attributes = new Map<string, Attribute>([
    ...gatherAttributes(node, type),
    ["Taxis", { kind: "type", value: "int32" }],
  ]);
  if (batches !== undefined) attributes.set("batch_dims", batches);
  return [axis, { ...node, op: "GatherV2", inputs: [...node.inputs, `${axis.name}:0`], attributes }];
}

function gatherAttributes(node: FlatNode, type: Attribute): Map<string, Attribute> {
  const attributes = new Map<string, Attribute>([["Tparams", type]]);
  const indices = node.attributes.get("Tindices");
  if (indices !== undefined) attributes.set("Tindices", indices);
  return attributes;
}

function shapeAttributes(node: FlatNode, type: Attribute): ReadonlyMap<string, Attribute> {
  return new Map([...node.attributes, ["T", type]]);
}

function constant(name: string, value: ConstantTensor, controlInputs: readonly string[]): FlatNode {
  const attributes = new Map<string, Attribute>([
    ["dtype", { kind: "type", value: value.dtype }],
    ["value", { kind: "tensor", value }],
  ]);
  return { name, op: "Const", inputs: [], controlInputs, attributes };
}
