import {
  checkFilePath,
  type DescribedBatching,
  type DescriptionFormat,
  type ModelDescription,
  type VersionPolicy,
} from "@plinth/core";
import { fieldOf, type MessageValue, messageJson, messageOf, messagesOf, numberOf, textOf } from "@plinth/text-format";
import { labelFileNames } from "./labels.js";
import { MODEL_CONFIG } from "./messages.js";
import { Faults, FILE_NAME, placeOf, readConfig } from "./read-config.js";
import { describedTensors } from "./tensors.js";
import { warmUp } from "./warm-up.js";

/** The largest batch of a model that takes batches, where its configuration leaves that open (Triton's `default-max-batch-size`). */
const DEFAULT_MAX_BATCH_SIZE = 4;

/** As `batching.maxBatchSize` and `execution.instances` in `config.yaml`. */
const LARGEST = { batch: 65_536, instances: 256, waitMs: 60_000 } as const;

/**
 * The `config.pbtxt` beside a model in a repository of Triton Inference Server
 * (https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_configuration.md).
 */
export class ConfigPbtxt implements DescriptionFormat {
  readonly fileName: string = FILE_NAME;

  refersTo(content: Uint8Array): readonly string[] {
    try {
      return labelFileNames(readConfig(content).config);
    } catch {
      // Reading it tells what is wrong.
      return [];
    }
  }

  read(model: string, content: Uint8Array, others: ReadonlyMap<string, Uint8Array> = new Map()): ModelDescription {
    const { config, ignored } = readConfig(content);
    const faults = new Faults();
    checkName(config, model, faults);
    const maxBatchSize = numberOf(config, "max_batch_size") ?? 0;
    const inputs = describedTensors(config, "input", maxBatchSize > 0, faults, others);
    const outputs = describedTensors(config, "output", maxBatchSize > 0, faults, others);
    const isSilent = maxBatchSize === 0 && inputs === undefined && outputs === undefined;
    const groups = instanceGroups(config, faults);
    const warming = warmUp(config, faults);
    const description: ModelDescription = {
      name: FILE_NAME,
      versions: versionPolicy(config, faults),
      modelFile: modelFile(config, faults),
      execution: { ...groups.execution, ...queue(config) },
      batching: batching(config, isSilent ? DEFAULT_MAX_BATCH_SIZE : maxBatchSize, isSilent, faults),
      inputs,
      outputs,
      warmUp: warming.calls,
      document: messageJson(config, MODEL_CONFIG),
      ignored: [...ignored, ...groups.ignored, ...warming.ignored],
    };
    faults.check();
    return description;
  }
}

function checkName(config: MessageValue, model: string, faults: Faults): void {
  const name = fieldOf(config, "name");
  if (name === undefined || name.value === "" || name.value === model) return;
  faults.add(name.valueAt, `expected the name of the model's folder, "${model}", got "${name.value}"; or leave it out`);
}

function modelFile(config: MessageValue, faults: Faults): ModelDescription["modelFile"] {
  const field = fieldOf(config, "default_model_filename");
  const path = field?.value as string | undefined;
  if (field === undefined || path === undefined || path === "") return undefined;
  try {
    checkFilePath(path);
  } catch (error) {
    faults.add(field.valueAt, `default_model_filename: ${(error as Error).message}`);
  }
  return { path, at: placeOf(field.valueAt) };
}

function versionPolicy(config: MessageValue, faults: Faults): VersionPolicy | undefined {
  const policy = messageOf(config, "version_policy");
  if (policy === undefined) return undefined;
  if (policy.fields.has("all")) return { kind: "all" };
  const specific = messageOf(policy, "specific");
  if (specific !== undefined) {
    const versions = (specific.fields.get("versions") ?? []).map(({ value }) => value as bigint);
    if (versions.length === 0 || versions.some((version) => version < 0n)) {
      faults.add(specific.at, "expected at least one version, and none below 0");
    }
    return { kind: "specific", versions };
  }
  const latest = messageOf(policy, "latest");
  return latest && { kind: "latest", count: Math.max(1, numberOf(latest, "num_versions") ?? 1) };
}

function batching(
  config: MessageValue,
  maxBatchSize: number,
  ifPossible: boolean,
  faults: Faults,
): DescribedBatching | undefined {
  const dynamic = messageOf(config, "dynamic_batching");
  const maxWaitMs = (dynamic === undefined ? 0 : (numberOf(dynamic, "max_queue_delay_microseconds") ?? 0)) / 1_000;
  const at = fieldOf(config, "max_batch_size")?.valueAt ?? config.at;
  if (maxBatchSize < 0 || maxBatchSize > LARGEST.batch) {
    faults.add(at, `expected a max_batch_size of 0 to ${LARGEST.batch}, got ${maxBatchSize}`);
  }
  if (maxWaitMs > LARGEST.waitMs) {
    faults.add(dynamic?.at ?? at, `expected a max_queue_delay_microseconds of at most ${LARGEST.waitMs * 1_000}`);
  }
  if (dynamic !== undefined && maxBatchSize === 0) {
    faults.add(dynamic.at, "dynamic_batching needs a max_batch_size above 0");
  }
  return maxBatchSize > 0 ? { maxBatchSize, maxWaitMs, ifPossible } : undefined;
}

interface InstanceGroups {
  readonly execution: { readonly instances?: number };
  readonly ignored: readonly string[];
}

/** How many of the model are to be loaded, over all groups that are not for a GPU; here they all run on the CPU. */
function instanceGroups(config: MessageValue, faults: Faults): InstanceGroups {
  const groups = messagesOf(config, "instance_group");
  const isForGpu = (group: MessageValue) => textOf(group, "kind") === "KIND_GPU";
  const ignored = groups.filter(isForGpu).map(({ at }) => `instance_group of KIND_GPU (${placeOf(at)})`);
  const counted = groups.filter((group) => !isForGpu(group));
  const instances = counted.reduce((sum, group) => sum + Math.max(1, numberOf(group, "count") ?? 1), 0);
  if (instances > LARGEST.instances) {
    faults.add(counted[0]?.at ?? config.at, `expected at most ${LARGEST.instances} instances, got ${instances}`);
  }
  return { execution: instances > 0 ? { instances } : {}, ignored };
}

/** 0 stands for a queue without a bound, which is not to be had: the default holds. */
function queue(config: MessageValue): { readonly maxQueuedRequests?: number } {
  const dynamic = messageOf(config, "dynamic_batching");
  const policy = dynamic && messageOf(dynamic, "default_queue_policy");
  const size = policy === undefined ? 0 : (numberOf(policy, "max_queue_size") ?? 0);
  return size > 0 ? { maxQueuedRequests: Math.min(size, 1_000_000) } : {};
}
