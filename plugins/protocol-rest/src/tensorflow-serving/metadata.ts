import type { ServableHandle, Signature, Tensor, TensorSpec } from "@plinth/core";
import { TENSORFLOW_TYPES } from "@plinth/tf-example";
import { tensorProtoJson } from "./tensor-proto-json.js";

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
    defaults: mapValues(defaultsOf(inputs), tensorProtoJson),
  };
}

function defaultsOf(inputs: Signature["inputs"]): ReadonlyMap<string, Tensor> {
  return new Map([...inputs].flatMap(([name, spec]) => (spec.default ? [[name, spec.default]] : [])));
}

function tensorInfoJson({ dtype, shape, graphName }: TensorSpec, name: string): unknown {
  return {
    dtype: `DT_${TENSORFLOW_TYPES[dtype].name.toUpperCase()}`,
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
