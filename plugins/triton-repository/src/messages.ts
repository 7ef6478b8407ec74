import type { FieldType, MessageType } from "@plinth/text-format";
import { DATA_TYPES } from "./data-types.js";

/*
 * The messages of Triton's model_config.proto, as far as they mean something to a server of this kind. Of the others the names are
 * known, so that a name that is misspelt is told from one that is of no use here.
 */

const dataType = { enum: DATA_TYPES } as const;
const kinds = { KIND_AUTO: 0, KIND_GPU: 1, KIND_CPU: 2, KIND_MODEL: 3 } as const;

const reshape: MessageType = { name: "ModelTensorReshape", fields: { shape: { repeated: "int64" } } };

const tensor = { name: "string", data_type: dataType, dims: { repeated: "int64" }, reshape } as const;

const output = { ...tensor, label_filename: "string" } as const;

const versionPolicy: MessageType = {
  name: "ModelVersionPolicy",
  fields: {
    latest: { name: "Latest", fields: { num_versions: "uint32" } },
    all: { name: "All", fields: {} },
    specific: { name: "Specific", fields: { versions: { repeated: "int64" } } },
  },
  oneofs: [["latest", "all", "specific"]],
};

const dynamicBatching: MessageType = {
  name: "ModelDynamicBatching",
  fields: {
    max_queue_delay_microseconds: "uint64",
    default_queue_policy: { name: "ModelQueuePolicy", fields: { max_queue_size: "uint32" } },
  },
};

const warmUpInput: MessageType = {
  name: "ModelWarmup.Input",
  fields: {
    data_type: dataType,
    dims: { repeated: "int64" },
    zero_data: "bool",
    random_data: "bool",
    input_data_file: "string",
  },
  oneofs: [["zero_data", "random_data", "input_data_file"]],
};

const warmUp: MessageType = {
  name: "ModelWarmup",
  fields: {
    name: "string",
    batch_size: "uint32",
    inputs: { repeated: { name: "InputsEntry", fields: { key: "string", value: warmUpInput } } },
    count: "uint32",
  },
};

/** A whole `config.pbtxt`. */
export const MODEL_CONFIG: MessageType = {
  name: "ModelConfig",
  fields: {
    name: "string",
    platform: "string",
    backend: "string",
    default_model_filename: "string",
    version_policy: versionPolicy,
    max_batch_size: "int32",
    input: { repeated: { name: "ModelInput", fields: tensor } },
    output: { repeated: { name: "ModelOutput", fields: output } },
    dynamic_batching: dynamicBatching,
    instance_group: { repeated: { name: "ModelInstanceGroup", fields: { kind: { enum: kinds }, count: "int32" } } },
    parameters: {
      repeated: {
        name: "ParametersEntry",
        fields: { key: "string", value: { name: "ModelParameter", fields: { string_value: "string" } } },
      },
    },
    model_warmup: { repeated: warmUp },
    model_transaction_policy: { name: "ModelTransactionPolicy", fields: { decoupled: "bool" } },
  },
};

/** Fields by message that have no meaning here. */
export const WITHOUT_MEANING: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    "ModelConfig",
    new Set([
      "runtime",
      "optimization",
      "cc_model_filenames",
      "metric_tags",
      "model_operations",
      "model_repository_agents",
      "response_cache",
      "model_metrics",
    ]),
  ],
  ["ModelInput", new Set(["format", "is_shape_tensor", "allow_ragged_batch", "optional", "is_non_linear_format_io"])],
  ["ModelOutput", new Set(["is_shape_tensor", "is_non_linear_format_io"])],
  [
    "ModelDynamicBatching",
    new Set([
      "preferred_batch_size",
      "preserve_ordering",
      "priority_levels",
      "default_priority_level",
      "priority_queue_policy",
    ]),
  ],
  ["ModelQueuePolicy", new Set(["timeout_action", "default_timeout_microseconds", "allow_timeout_override"])],
  [
    "ModelInstanceGroup",
    new Set(["name", "rate_limiter", "gpus", "secondary_devices", "profile", "passive", "host_policy"]),
  ],
]);

/** Fields of ModelConfig that ask for another kind of model than one that maps inputs to outputs, and why they cannot be had. */
export const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ["sequence_batching", "requests that belong together by a sequence are not kept apart"],
  ["ensemble_scheduling", "models cannot be put together to one"],
  ["batch_input", "ragged batches cannot be run"],
  ["batch_output", "ragged batches cannot be run"],
]);

/** The type of a message that a field holds, one or several. */
export function messageTypeOf(type: FieldType | undefined): MessageType | undefined {
  const single = typeof type === "object" && "repeated" in type ? type.repeated : type;
  return typeof single === "object" && "fields" in single ? single : undefined;
}
