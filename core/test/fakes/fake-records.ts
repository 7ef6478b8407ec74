import {
  type JsonValue,
  PlinthError,
  type RecordStore,
  type StorageCallOptions,
  type StoredRecord,
} from "../../src/index.js";

/** Records in a Map, which a test may share between servers and damage. */
export class FakeRecords implements RecordStore {
  readonly stored = new Map<string, StoredRecord>();
  /** Called before each write; may throw, wait, or write first. */
  onPut: (key: string) => Promise<void> = async () => {};
  #writes = 0;

  async get(key: string): Promise<StoredRecord | undefined> {
    return this.stored.get(key);
  }

  async put(
    key: string,
    value: JsonValue,
    expected: string | undefined,
    { signal }: StorageCallOptions,
  ): Promise<StoredRecord> {
    signal.throwIfAborted();
    await this.onPut(key);
    this.#check(key, expected);
    const record = { key, value: JSON.parse(JSON.stringify(value)), revision: String(++this.#writes) };
    this.stored.set(key, record);
    return record;
  }

  async delete(key: string, expected: string): Promise<void> {
    this.#check(key, expected);
    this.stored.delete(key);
  }

  async *list(prefix: string): AsyncIterable<StoredRecord> {
    const keys = [...this.stored.keys()].filter((key) => key.startsWith(prefix)).sort();
    for (const key of keys) yield this.stored.get(key) as StoredRecord;
  }

  #check(key: string, expected: string | undefined): void {
    if (this.stored.get(key)?.revision !== expected) throw new PlinthError("RECORD_CONFLICT", `${key} was changed`);
  }
}
