import type { ServableHandle, Signature, TensorSpec } from "@plinth/core";
import { chooseSignature } from "./choose-signature.js";
import { datatypeOf } from "./datatypes.js";
import { platformOf } from "./metadata.js";

/** The part of Triton's `ModelConfig` that a signature tells; in JSON and in protobuf the fields have these names. */
export interface ModelConfig {
  readonly name: string;
  readonly platform: string;
  readonly backend: string;
  /** Of a model whose inputs and outputs all have an open first axis: its largest batch, or {@link NO_BATCH_LIMIT}; else 0. */
  readonly max_batch_size: number;
  readonly input: readonly ConfigTensor[];
  readonly output: readonly ConfigTensor[];
  /** There where requests are run together. */
  readonly dynamic_batching?: object;
}

export interface ConfigTensor {
  readonly name: string;
  /** As `TYPE_FP32`; `TYPE_STRING` for `BYTES`. */
  readonly data_type: string;
  /** Without the axis of the batch where there is one. */
  readonly dims: readonly number[];
}

/** The largest int32: requests that are run on their own have as many rows as fit into a message. */
export const NO_BATCH_LIMIT: number = 2 ** 31 - 1;

/** @throws PlinthError `SIGNATURE_NOT_FOUND` */
export function modelConfig(handle: ServableHandle): ModelConfig {
  const { signature } = chooseSignature(handle);
  const hasBatch = hasBatchAxis(signature);
  const tensors = (specs: Signature["inputs"]) => [...specs].map(([name, spec]) => configTensor(name, spec, hasBatch));
  return {
    name: handle.model,
    platform: platformOf(handle.backend),
    backend: handle.backend,
    max_batch_size: hasBatch ? (handle.maxBatchSize ?? NO_BATCH_LIMIT) : 0,
    input: tensors(signature.inputs),
    output: tensors(signature.outputs),
    ...(hasBatch && handle.maxBatchSize !== undefined && { dynamic_batching: {} }),
  };
}

/** Triton completes a silent configuration by the same guess. */
function hasBatchAxis({ inputs, outputs }: Signature): boolean {
  const all = [...inputs.values(), ...outputs.values()];
  return inputs.size > 0 && all.every(({ shape }) => shape?.[0] === -1);
}

function configTensor(name: string, { dtype, shape }: TensorSpec, hasBatch: boolean): ConfigTensor {
  const datatype = datatypeOf(dtype);
  return {
    name,
    data_type: `TYPE_${datatype === "BYTES" ? "STRING" : datatype}`,
    dims: (shape ?? []).slice(hasBatch ? 1 : 0),
  };
}
