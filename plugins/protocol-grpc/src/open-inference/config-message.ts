import type { ModelConfig as ConfigDocument, ConfigTensor, JsonFields } from "@plinth/open-inference";
import {
  DataType,
  ModelConfig,
  ModelInstanceGroup_Kind,
  type ModelVersionPolicy,
  type ModelWarmup_Input,
} from "@plinth/protobuf-messages/inference/model_config";

/** A configuration as a message. */
export function configOf(document: ConfigDocument): ModelConfig {
  const { name, platform, backend, version_policy, max_batch_size, input, output, dynamic_batching } = document;
  const {
    default_model_filename,
    instance_group = [],
    parameters = {},
    model_warmup = [],
    model_transaction_policy,
  } = document;
  return ModelConfig.fromPartial({
    name,
    platform,
    backend,
    ...(version_policy && { versionPolicy: { policyChoice: policyChoice(version_policy) } }),
    defaultModelFilename: text(default_model_filename),
    maxBatchSize: max_batch_size,
    input: input.map((tensor) => ({ ...tensorOf(tensor), optional: tensor.optional ?? false })),
    output: output.map((tensor) => ({ ...tensorOf(tensor), labelFilename: tensor.label_filename ?? "" })),
    ...(dynamic_batching && { schedulingChoice: { $case: "dynamicBatching", value: batchingOf(dynamic_batching) } }),
    instanceGroup: instance_group.map(({ name: group, count }) => {
      return { name: group, kind: ModelInstanceGroup_Kind.KIND_CPU, count };
    }),
    parameters: new Map(
      Object.entries(parameters).map(([key, value]) => [
        key,
        { stringValue: text((value as JsonFields).string_value) },
      ]),
    ),
    modelWarmup: model_warmup.map((sample) => ({
      name: text(sample.name),
      batchSize: Number(sample.batch_size ?? 0),
      count: Number(sample.count ?? 0),
      inputs: new Map(
        Object.entries((sample.inputs ?? {}) as JsonFields).map(([key, value]) => [
          key,
          warmUpInput(value as JsonFields),
        ]),
      ),
    })),
    modelTransactionPolicy: model_transaction_policy,
  });
}

function tensorOf({ name, data_type, dims, reshape }: ConfigTensor) {
  return {
    name,
    dataType: dataTypeOf(data_type),
    dims: dims.map(BigInt),
    ...(reshape && { reshape: { shape: reshape.shape.map(BigInt) } }),
  };
}

function batchingOf(batching: NonNullable<ConfigDocument["dynamic_batching"]>) {
  return {
    preferredBatchSize: [...batching.preferred_batch_size],
    maxQueueDelayMicroseconds: BigInt(batching.max_queue_delay_microseconds),
    defaultQueuePolicy: { maxQueueSize: batching.default_queue_policy.max_queue_size },
  };
}

function policyChoice({ all, latest, specific }: JsonFields): ModelVersionPolicy["policyChoice"] {
  if (all !== undefined) return { $case: "all", value: {} };
  if (latest !== undefined) {
    return { $case: "latest", value: { numVersions: Number((latest as JsonFields).num_versions) } };
  }
  const { versions } = specific as { readonly versions: readonly string[] };
  return { $case: "specific", value: { versions: versions.map(BigInt) } };
}

function warmUpInput(input: JsonFields): ModelWarmup_Input {
  return {
    dataType: dataTypeOf(text(input.data_type)),
    dims: ((input.dims ?? []) as readonly number[]).map(BigInt),
    inputDataType:
      input.random_data === true ? { $case: "randomData", value: true } : { $case: "zeroData", value: true },
  };
}

function dataTypeOf(name: string): DataType {
  return DataType[name as keyof typeof DataType] ?? DataType.TYPE_INVALID;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
