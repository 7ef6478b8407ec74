import type { DType, ServableHandle, Signature, TensorSpec } from "@plinth/core";

/** TensorFlow's names of the dtypes (`tensorflow/core/framework/types.proto`). */
const DATA_TYPES: Readonly<Record<DType, string>> = {
  bool: "DT_BOOL",
  int8: "DT_INT8",
  int16: "DT_INT16",
  int32: "DT_INT32",
  int64: "DT_INT64",
  uint8: "DT_UINT8",
  uint16: "DT_UINT16",
  uint32: "DT_UINT32",
  uint64: "DT_UINT64",
  float16: "DT_HALF",
  bfloat16: "DT_BFLOAT16",
  float32: "DT_FLOAT",
  float64: "DT_DOUBLE",
  complex64: "DT_COMPLEX64",
  complex128: "DT_COMPLEX128",
  string: "DT_STRING",
};

/** `GET …/metadata`: the signatures of the version that would answer. The doubled key is TensorFlow Serving's own. */
export function metadataJson({ model, version, signatures }: ServableHandle): unknown {
  return {
    model_spec: { name: model, signature_name: "", version: String(version) },
    metadata: {
      signature_def: { signature_def: mapValues(signatures, signatureJson) },
    },
  };
}

function signatureJson({ inputs, outputs, method }: Signature): unknown {
  return {
    inputs: mapValues(inputs, tensorInfoJson),
    outputs: mapValues(outputs, tensorInfoJson),
    method_name: method,
    defaults: {},
  };
}

function tensorInfoJson({ dtype, shape, graphName }: TensorSpec, name: string): unknown {
  return {
    dtype: DATA_TYPES[dtype],
    tensor_shape: {
      dim: (shape ?? []).map((size) => ({ size: String(size), name: "" })),
      unknown_rank: shape === undefined,
    },
    name: graphName ?? name,
  };
}

/** A JSON object with the map's keys; made without a prototype, because keys come from models. */
function mapValues<Value>(map: ReadonlyMap<string, Value>, toJson: (value: Value, key: string) => unknown): object {
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, value] of map) object[key] = toJson(value, key);
  return object;
}
