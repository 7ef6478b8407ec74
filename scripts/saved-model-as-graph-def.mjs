#!/usr/bin/env node
/**
 * Writes what @plinth/saved-model makes of a SavedModel as GraphDefs, so that TensorFlow itself can run it:
 * `saved-model-as-graph-def.mjs <folder of the version> <output folder>`. For compare-saved-models.py, which says more. Needs `npm run build`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GraphDef } from "@plinth/protobuf-messages/tensorflow/graph";
import { DataType } from "@plinth/protobuf-messages/tensorflow/tensor";
import { readSavedModel } from "@plinth/saved-model";

const DATA_TYPES = {
  float16: DataType.DT_HALF,
  float32: DataType.DT_FLOAT,
  float64: DataType.DT_DOUBLE,
};

const dataType = (type) => DATA_TYPES[type] ?? DataType[`DT_${type.toUpperCase()}`];

const shapeProto = (shape) =>
  shape === undefined
    ? { dim: [], unknownRank: true }
    : { dim: shape.map((size) => ({ size: BigInt(size), name: "" })), unknownRank: false };

const tensorProto = (tensor) => ({
  dtype: dataType(tensor.dtype),
  tensorShape: shapeProto(tensor.shape),
  ...(tensor.dtype === "string" ? { stringVal: tensor.strings } : { tensorContent: tensor.bytes }),
});

const LISTS = {
  bytes: "s",
  int: "i",
  float: "f",
  bool: "b",
  type: "type",
  shape: "shape",
  tensor: "tensor",
  function: "func",
};

function attributeValue({ kind, value }) {
  if (kind === "type") return dataType(value);
  if (kind === "shape") return shapeProto(value);
  if (kind === "tensor") return tensorProto(value);
  if (kind === "function") return { name: value, attr: new Map() };
  return value;
}

function attrValue(attribute) {
  if (attribute.kind !== "list") return { value: { $case: LISTS[attribute.kind], value: attributeValue(attribute) } };
  const list = {};
  for (const item of attribute.value) {
    list[LISTS[item.kind]] ??= [];
    list[LISTS[item.kind]].push(attributeValue(item));
  }
  return { value: { $case: "list", value: list } };
}

const nodeDef = (node, input = (tensor) => tensor) => ({
  name: node.name,
  op: node.op,
  input: [...node.inputs.map(input), ...node.controlInputs.map((name) => `^${name}`)],
  attr: new Map(
    [...node.attributes]
      .map(([name, value]) => [name, attrValue(value)])
      .concat(
        node.resource === undefined
          ? []
          : [["shared_name", { value: { $case: "s", value: Buffer.from(node.resource) } }]],
      ),
  ),
});

function graphDef({ nodes, functions }) {
  return GraphDef.encode(
    GraphDef.fromPartial({
      node: nodes.map((node) => nodeDef(node)),
      versions: { producer: 1000 },
      library: { function: [...functions.values()].map(functionGraph) },
    }),
  ).finish();
}

/** Functions go as graphs of their own beside, because `name:n` does not say what FunctionDef wants: compare-saved-models.py makes them. */
function functionGraph(body) {
  return {
    signature: { name: body.name, inputArg: body.inputs.map(({ name, dtype }) => ({ name, type: dataType(dtype) })) },
    nodeDef: body.nodes.map((node) => nodeDef(node)),
    ret: new Map(body.outputs.map((tensor, index) => [String(index), tensor])),
    controlRet: new Map(body.controlOutputs.map((name) => [name, name])),
  };
}

const initial = async (value, name, folder) => {
  await writeFile(join(folder, name), graphDef(asGraph(value, name)));
  return { file: name, tensor: value.kind === "computed" ? value.tensor : "value:0" };
};

function asGraph(value) {
  if (value.kind === "computed") return value.graph;
  const attributes = new Map([
    ["dtype", { kind: "type", value: value.tensor.dtype }],
    ["value", { kind: "tensor", value: value.tensor }],
  ]);
  return { nodes: [{ name: "value", op: "Const", inputs: [], controlInputs: [], attributes }], functions: new Map() };
}

const [source, target] = process.argv.slice(2);
const model = await readSavedModel(source, { assertions: process.env.ASSERTIONS ?? "keep" });
await mkdir(target, { recursive: true });
const signatures = {};
const named = [
  ...[...model.signatures].map(([name, signature]) => [name, signature]),
  ...model.callables.map(({ name, concreteFunction, signature }) => [`${name}|${concreteFunction}`, signature]),
];
for (const [index, [name, signature]] of named.entries()) {
  const file = `signature_${index}.pb`;
  await writeFile(join(target, file), graphDef(signature));
  const describe = ({ name: each, dtype, tensor }) => ({ name: each, dtype, tensor });
  signatures[name] = { file, inputs: signature.inputs.map(describe), outputs: signature.outputs.map(describe) };
}
const resources = {};
for (const [index, [key, resource]] of [...model.resources].entries()) {
  if (resource.kind === "variable") {
    resources[key] = {
      ...resource,
      initial: resource.initial && (await initial(resource.initial, `variable_${index}.pb`, target)),
    };
  } else {
    const { entries } = resource;
    resources[key] = {
      ...resource,
      entries: entries && {
        keys: await initial(entries.keys, `keys_${index}.pb`, target),
        values: await initial(entries.values, `values_${index}.pb`, target),
      },
    };
  }
}
const refused = Object.fromEntries(
  [...model.refused].map(([name, error]) => [name, `${error.reason}: ${error.message}`]),
);
await writeFile(join(target, "model.json"), JSON.stringify({ signatures, resources, refused }, null, 1));
