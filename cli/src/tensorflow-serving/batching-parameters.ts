import { type Location, type SourceEntry, treeOf } from "@plinth/core";
import type { MessageValue } from "@plinth/text-format";
import { type FileMessage, fieldOf, messageOf } from "./read-text-file.js";

/** What TensorFlow Serving takes where a file says nothing (session_bundle_config.proto, shared_batch_scheduler.h). */
const DEFAULTS = { maxBatchSize: 1_000n, timeoutMicros: 0n, maxEnqueuedBatches: 10n } as const;

/** Most requests that may wait, of Plinth's own `execution.maxQueuedRequests`. */
const MAX_QUEUED_REQUESTS = 1_000_000n;

/** A key of a model's section, and its value. */
type Key = readonly [key: string, entry: SourceEntry];

/**
 * Makes `batching:` and `execution:` of BatchingParameters, every value at its place in that file.
 *
 * With splitting, TensorFlow Serving runs batches of `max_execution_batch_size` at most; without, of `max_batch_size`. Its queue
 * is bounded in batches, that of Plinth in requests, of which each has one row at least.
 *
 * @param parameters `undefined`: all of the defaults
 * @param flagAt where the flag stands that asks for batching
 */
export function batchingOf(parameters: FileMessage | undefined, flagAt: Location): readonly Key[] {
  const message: MessageValue = parameters?.message ?? { at: flagAt, fields: new Map() };
  const at = (location: Location): Location =>
    parameters === undefined ? flagAt : { ...location, file: parameters.file };
  const wrapped = (name: string) => {
    const wrapper = messageOf(message, name);
    const field = wrapper && fieldOf(wrapper, "value");
    return wrapper === undefined ? undefined : { at: at(field?.valueAt ?? wrapper.at), value: field?.value };
  };
  const number = (name: string, otherwise: bigint) => {
    const found = wrapped(name);
    return {
      at: found?.at ?? at(message.at),
      value: found === undefined ? otherwise : BigInt(Number(found.value ?? 0)),
    };
  };
  const entry = (value: unknown, where: Location): SourceEntry => ({ keyAt: where, node: treeOf(value, where) });

  const splitting = wrapped("enable_large_batch_splitting");
  const isSplit = splitting?.value === true;
  const largest = number("max_batch_size", DEFAULTS.maxBatchSize);
  const size = isSplit ? number("max_execution_batch_size", largest.value) : largest;
  const timeout = number("batch_timeout_micros", DEFAULTS.timeoutMicros);
  const enqueued = number("max_enqueued_batches", DEFAULTS.maxEnqueuedBatches);
  const threads = wrapped("num_batch_threads");
  const padding = fieldOf(message, "pad_variable_length_inputs");
  const allowed = message.fields.get("allowed_batch_sizes") ?? [];
  const queued = enqueued.value * largest.value;

  const batching: Key[] = [
    ["maxBatchSize", entry(Number(size.value), size.at)],
    ["maxWaitMs", entry(Number(timeout.value) / 1_000, timeout.at)],
    ["splitLarge", entry(isSplit, splitting?.at ?? at(message.at))],
  ];
  if (padding !== undefined) batching.push(["padVariableLength", entry(padding.value, at(padding.valueAt))]);
  if (allowed[0] !== undefined) {
    const items = allowed.map(({ value, valueAt }) => treeOf(Number(value), at(valueAt)));
    const keyAt = at(allowed[0].at);
    batching.push(["allowedBatchSizes", { keyAt, node: { kind: "list", at: keyAt, items } }]);
  }
  const execution: Key[] = [
    ["maxQueuedRequests", entry(Number(queued < MAX_QUEUED_REQUESTS ? queued : MAX_QUEUED_REQUESTS), enqueued.at)],
  ];
  if (threads !== undefined) execution.push(["instances", entry(Number(threads.value ?? 0), threads.at)]);
  return [
    ["batching", { keyAt: at(message.at), node: { kind: "mapping", at: at(message.at), entries: new Map(batching) } }],
    [
      "execution",
      { keyAt: at(message.at), node: { kind: "mapping", at: at(message.at), entries: new Map(execution) } },
    ],
  ];
}
