import {
  checkRecordKey,
  checkRecordPrefix,
  checkRevision,
  type JsonValue,
  type RecordStore,
  recordText,
  type StorageCallOptions,
  type StorageCalls,
  type StoredRecord,
} from "@plinth/core";
import type { ByteBudget } from "./byte-budget.js";

/** Kept as text, so that what callers do to a value later changes nothing here. */
interface KeptRecord {
  readonly text: string;
  readonly revision: string;
}

export class MemoryRecords implements RecordStore {
  readonly #calls: StorageCalls;
  readonly #budget: ByteBudget;
  readonly #records = new Map<string, KeptRecord>();
  #writes = 0;

  constructor(calls: StorageCalls, budget: ByteBudget) {
    this.#calls = calls;
    this.#budget = budget;
  }

  async get(key: string, { signal }: StorageCallOptions): Promise<StoredRecord | undefined> {
    this.#calls.check(signal);
    checkRecordKey(key);
    const kept = this.#records.get(key);
    return kept && stored(key, kept);
  }

  async put(
    key: string,
    value: JsonValue,
    expected: string | undefined,
    { signal }: StorageCallOptions,
  ): Promise<StoredRecord> {
    this.#calls.check(signal);
    checkRecordKey(key);
    const text = recordText(key, value);
    const before = this.#at(key, expected);
    this.#budget.take(bytesOf(key, text) - (before ? bytesOf(key, before.text) : 0));
    this.#writes++;
    const kept = { text, revision: String(this.#writes) };
    this.#records.set(key, kept);
    return stored(key, kept);
  }

  async delete(key: string, expected: string, { signal }: StorageCallOptions): Promise<void> {
    this.#calls.check(signal);
    checkRecordKey(key);
    const before = this.#at(key, expected);
    this.#records.delete(key);
    if (before) this.#budget.giveBack(bytesOf(key, before.text));
  }

  async *list(prefix: string, { signal }: StorageCallOptions): AsyncGenerator<StoredRecord> {
    this.#calls.check(signal);
    checkRecordPrefix(prefix);
    const found = [...this.#records].filter(([key]) => key.startsWith(prefix));
    found.sort(([left], [right]) => (left < right ? -1 : 1));
    for (const [key, kept] of found) {
      this.#calls.check(signal);
      yield stored(key, kept);
    }
  }

  #at(key: string, expected: string | undefined): KeptRecord | undefined {
    const kept = this.#records.get(key);
    checkRevision(key, kept?.revision, expected);
    return kept;
  }
}

function stored(key: string, { text, revision }: KeptRecord): StoredRecord {
  return { key, value: JSON.parse(text) as JsonValue, revision };
}

function bytesOf(key: string, text: string): number {
  return key.length + Buffer.byteLength(text);
}
