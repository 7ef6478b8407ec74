import { type Location, mappingOf, type SourceEntry, treeOf } from "@plinth/core";
import { type FieldValue, fieldOf, type MessageValue, messageOf } from "@plinth/text-format";
import type { FileMessage } from "./read-text-file.js";

/** What TensorFlow Serving takes where a file says nothing (session_bundle_config.proto, shared_batch_scheduler.h). */
const DEFAULTS = { maxBatchSize: 1_000n, timeoutMicros: 0n, maxEnqueuedBatches: 10n } as const;

/** Largest `execution.maxQueuedRequests` of a configuration. */
const MAX_QUEUED_REQUESTS = 1_000_000n;

/** A key of a model's section, and its value. */
type Key = readonly [key: string, entry: SourceEntry];

/** A value, and where it stands or where it is missing. */
interface Parameter<Value> {
  readonly value: Value;
  readonly at: Location;
}

/**
 * Makes `batching:` and `execution:` of BatchingParameters, every value at its place in that file.
 *
 * With splitting, TensorFlow Serving runs batches of `max_execution_batch_size` at most; without, of `max_batch_size`. Its queue
 * is bounded in batches, that of Plinth in requests, of which each has at least one row.
 *
 * @param parameters `undefined`: all of the defaults
 * @param flagAt where the flag stands that asks for batching
 */
export function batchingOf(parameters: FileMessage | undefined, flagAt: Location): readonly Key[] {
  const reader = new ParameterReader(parameters, flagAt);
  const isSplit = reader.boolean("enable_large_batch_splitting", false);
  const largest = reader.integer("max_batch_size", DEFAULTS.maxBatchSize);
  const executed = reader.integer("max_execution_batch_size", largest.value, largest.at);
  const size = isSplit.value ? executed : largest;
  const timeout = reader.integer("batch_timeout_micros", DEFAULTS.timeoutMicros);
  const enqueued = reader.integer("max_enqueued_batches", DEFAULTS.maxEnqueuedBatches);
  const queued = enqueued.value * largest.value;
  const batching = mappingOf(reader.at, [
    key("maxBatchSize", { ...size, value: Number(size.value) }),
    key("maxWaitMs", { ...timeout, value: Number(timeout.value) / 1_000 }),
    key("splitLarge", isSplit),
    ...reader.padding(),
    ...reader.allowedSizes(),
  ]);
  const execution = mappingOf(reader.at, [
    key("maxQueuedRequests", {
      ...enqueued,
      value: Number(queued < MAX_QUEUED_REQUESTS ? queued : MAX_QUEUED_REQUESTS),
    }),
    ...reader.threads(),
  ]);
  return [
    ["batching", { keyAt: reader.at, node: batching }],
    ["execution", { keyAt: reader.at, node: execution }],
  ];
}

class ParameterReader {
  /** Where the parameters begin. */
  readonly at: Location;
  readonly #message: MessageValue;
  readonly #file: string | undefined;

  constructor(parameters: FileMessage | undefined, flagAt: Location) {
    this.#message = parameters?.message ?? { at: flagAt, fields: new Map() };
    this.#file = parameters?.file;
    this.at = this.#locate(this.#message.at);
  }

  integer(name: string, otherwise: bigint, otherwiseAt: Location = this.at): Parameter<bigint> {
    const found = this.#wrapped(name);
    return found === undefined ? { value: otherwise, at: otherwiseAt } : { ...found, value: BigInt(found.value ?? 0) };
  }

  boolean(name: string, otherwise: boolean): Parameter<boolean> {
    const found = this.#wrapped(name);
    return found === undefined ? { value: otherwise, at: this.at } : { ...found, value: found.value === true };
  }

  padding(): readonly Key[] {
    const field = fieldOf(this.#message, "pad_variable_length_inputs");
    return field === undefined ? [] : [key("padVariableLength", this.#parameter(field))];
  }

  threads(): readonly Key[] {
    const threads = this.#wrapped("num_batch_threads");
    return threads === undefined ? [] : [key("instances", { ...threads, value: Number(threads.value ?? 0) })];
  }

  allowedSizes(): readonly Key[] {
    const sizes = this.#message.fields.get("allowed_batch_sizes") ?? [];
    if (sizes[0] === undefined) return [];
    const at = this.#locate(sizes[0].at);
    const items = sizes.map(({ value, valueAt }) => treeOf(Number(value), this.#locate(valueAt)));
    return [["allowedBatchSizes", { keyAt: at, node: { kind: "list", at, items } }]];
  }

  /** The value of a message as `Int64Value`, which says whether there is one; inside it, 0 and `false` may be left out. */
  #wrapped(name: string): Parameter<bigint | boolean | undefined> | undefined {
    const wrapper = messageOf(this.#message, name);
    if (wrapper === undefined) return undefined;
    const field = fieldOf(wrapper, "value");
    const value = field?.value as bigint | boolean | undefined;
    return { value, at: this.#locate(field?.valueAt ?? wrapper.at) };
  }

  #parameter({ value, valueAt }: FieldValue): Parameter<FieldValue["value"]> {
    return { value, at: this.#locate(valueAt) };
  }

  #locate(at: Location): Location {
    return this.#file === undefined ? at : { ...at, file: this.#file };
  }
}

function key(name: string, { value, at }: Parameter<unknown>): Key {
  return [name, { keyAt: at, node: treeOf(value, at) }];
}
