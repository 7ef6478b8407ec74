import { Buffer } from "node:buffer";

const TYPES = {
  float32: "DT_FLOAT",
  float64: "DT_DOUBLE",
  int32: "DT_INT32",
  int64: "DT_INT64",
  bool: "DT_BOOL",
  string: "DT_STRING",
};

/**
 * A signature of a SavedModel as what TensorFlow.js loads itself: `model.json`'s topology and the weights. The same graph, for a
 * comparison with TensorFlow.js alone.
 */
export function tfjsArtifacts({ nodes, inputs, outputs }) {
  const weightSpecs = [];
  const pieces = [];
  const node = nodes.map(({ name, op, inputs: from, attributes }) => {
    if (op === "Const") {
      const { dtype, shape, bytes } = attributes.get("value").value;
      const isWhole = dtype === "int64";
      const data = isWhole ? Int32Array.from(new BigInt64Array(bytes.slice().buffer), Number) : bytes;
      weightSpecs.push({ name, shape, dtype: isWhole ? "int32" : dtype });
      pieces.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      return { name, op, input: [], attr: { dtype: { type: TYPES[dtype] } } };
    }
    return { name, op, input: from.map((tensor) => tensor.replace(/:0$/, "")), attr: attributesJson(attributes) };
  });
  const weights = Buffer.concat(pieces);
  return {
    modelTopology: { node, versions: { producer: 1, minConsumer: 1 } },
    weightSpecs,
    weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength),
    signature: {
      inputs: Object.fromEntries(inputs.map(({ name, tensor }) => [name, { name: tensor }])),
      outputs: Object.fromEntries(outputs.map(({ name, tensor }) => [name, { name: tensor }])),
    },
  };
}

function attributesJson(attributes) {
  return Object.fromEntries([...attributes].map(([name, value]) => [name, attributeJson(value)]));
}

function attributeJson({ kind, value }) {
  switch (kind) {
    case "bytes":
      return { s: Buffer.from(value).toString("base64") };
    case "int":
      return { i: Number(value) };
    case "float":
      return { f: value };
    case "bool":
      return { b: value };
    case "type":
      return { type: TYPES[value] ?? "DT_FLOAT" };
    case "shape":
      return { shape: value === undefined ? { unknownRank: true } : { dim: value.map((size) => ({ size })) } };
    case "list": {
      const list = {};
      for (const each of value)
        for (const [key, item] of Object.entries(attributeJson(each))) list[key] = [...(list[key] ?? []), item];
      return { list };
    }
    default:
      return {};
  }
}
