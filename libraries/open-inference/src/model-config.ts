import type { JsonValue, ServableFacts, ServableHandle, Signature, TensorSpec, VersionPolicy } from "@plinth/core";
import { chooseSignature } from "./choose-signature.js";
import { datatypeOf } from "./datatypes.js";
import { platformOf } from "./metadata.js";

/** What is known of Triton's `ModelConfig`, without what has no meaning here; in JSON and in protobuf the fields have these names. */
export interface ModelConfig {
  readonly name: string;
  readonly platform: string;
  readonly backend: string;
  readonly version_policy?: JsonFields;
  /** As it stands in the model's `config.pbtxt`. */
  readonly default_model_filename?: JsonValue;
  /** Of a model whose inputs and outputs all have an open first axis: its largest batch, or {@link NO_BATCH_LIMIT}; else 0. */
  readonly max_batch_size: number;
  readonly input: readonly ConfigTensor[];
  readonly output: readonly ConfigTensor[];
  /** There where requests are run together. */
  readonly dynamic_batching?: DynamicBatching;
  readonly instance_group?: readonly InstanceGroup[];
  /** As they stand in the model's `config.pbtxt`. */
  readonly parameters?: JsonFields;
  readonly model_warmup?: readonly JsonFields[];
  readonly model_transaction_policy: { readonly decoupled: boolean };
}

export type JsonFields = Readonly<Record<string, JsonValue>>;

export interface ConfigTensor {
  readonly name: string;
  /** As `TYPE_FP32`; `TYPE_STRING` for `BYTES`. */
  readonly data_type: string;
  /** Without the axis of the batch where there is one. */
  readonly dims: readonly number[];
  readonly reshape?: { readonly shape: readonly number[] };
  /** Of an input that may be left out. */
  readonly optional?: true;
  readonly label_filename?: string;
}

export interface DynamicBatching {
  /** Sizes that batches are padded to. */
  readonly preferred_batch_size: readonly number[];
  readonly max_queue_delay_microseconds: number;
  readonly default_queue_policy: { readonly max_queue_size: number };
}

export interface InstanceGroup {
  readonly name: string;
  readonly kind: "KIND_CPU";
  readonly count: number;
}

/** The largest int32: requests that are run on their own have as many rows as fit into a message. */
export const NO_BATCH_LIMIT: number = 2 ** 31 - 1;

/** @throws PlinthError `SIGNATURE_NOT_FOUND` */
export function modelConfig(handle: ServableHandle): ModelConfig {
  const { signature } = chooseSignature(handle);
  const { model, backend, maxBatchSize, facts } = handle;
  const hasBatch = hasBatchAxis(signature);
  const document = facts?.description?.document ?? {};
  const tensors = (specs: Signature["inputs"], listed: JsonValue | undefined) =>
    [...specs].map(([name, spec]) => configTensor(name, spec, hasBatch, entryOf(listed, name)));
  return {
    name: model,
    platform: platformOf(backend),
    backend,
    ...(facts && { version_policy: versionPolicy(facts.versions) }),
    ...(document.default_model_filename !== undefined && { default_model_filename: document.default_model_filename }),
    max_batch_size: hasBatch ? (maxBatchSize ?? NO_BATCH_LIMIT) : 0,
    input: tensors(signature.inputs, document.input),
    output: tensors(signature.outputs, document.output),
    ...(hasBatch && maxBatchSize !== undefined && { dynamic_batching: dynamicBatching(facts) }),
    ...(facts && { instance_group: [{ name: model, kind: "KIND_CPU", count: facts.instances }] }),
    ...(document.parameters !== undefined && { parameters: document.parameters as JsonFields }),
    ...(document.model_warmup !== undefined && { model_warmup: document.model_warmup as readonly JsonFields[] }),
    model_transaction_policy: { decoupled: signature.streams !== undefined },
  };
}

/** Triton completes a silent configuration by the same guess. */
function hasBatchAxis({ inputs, outputs }: Signature): boolean {
  const all = [...inputs.values(), ...outputs.values()];
  return inputs.size > 0 && all.every(({ shape }) => shape?.[0] === -1);
}

function configTensor(name: string, spec: TensorSpec, hasBatch: boolean, listed: JsonFields): ConfigTensor {
  const datatype = datatypeOf(spec.dtype);
  return {
    name,
    data_type: `TYPE_${datatype === "BYTES" ? "STRING" : datatype}`,
    dims: (spec.shape ?? []).slice(hasBatch ? 1 : 0),
    ...(listed.reshape !== undefined && { reshape: reshapeOf(listed.reshape) }),
    ...(spec.default !== undefined && { optional: true }),
    ...(typeof listed.label_filename === "string" && { label_filename: listed.label_filename }),
  };
}

/** An empty list of dimensions is one that is not set. */
function reshapeOf(reshape: JsonValue): { readonly shape: readonly number[] } {
  return { shape: ((reshape as JsonFields).shape ?? []) as readonly number[] };
}

/** What a document lists of an input or output. */
function entryOf(listed: JsonValue | undefined, name: string): JsonFields {
  const entries = Array.isArray(listed) ? (listed as readonly JsonFields[]) : [];
  return entries.find((entry) => entry.name === name) ?? {};
}

function dynamicBatching(facts: ServableFacts | undefined): DynamicBatching {
  const { allowedBatchSizes = [], maxWaitMs = 0 } = facts?.batching ?? {};
  return {
    preferred_batch_size: allowedBatchSizes,
    max_queue_delay_microseconds: Math.round(maxWaitMs * 1_000),
    default_queue_policy: { max_queue_size: facts?.maxQueuedRequests ?? 0 },
  };
}

function versionPolicy(policy: VersionPolicy): JsonFields {
  switch (policy.kind) {
    case "all":
      return { all: {} };
    case "latest":
      return { latest: { num_versions: policy.count } };
    case "specific":
      return { specific: { versions: policy.versions.map(String) } };
  }
}
