import { randomUUID } from "node:crypto";
import {
  checkRecordKey,
  checkRecordPrefix,
  type JsonValue,
  PlinthError,
  type RecordStore,
  recordText,
  type StorageCallOptions,
  type StorageCalls,
  type StoredRecord,
} from "@plinth/core";
import type { OpenStore } from "./open-store.js";
import { recordKey, recordObject, recordObjectPrefix } from "./record-objects.js";
import { storeFailure } from "./store-errors.js";

/** Largest object of a record that is read, in bytes. */
const MAX_RECORD_BYTES = 64 * 1024 ** 2;

/** Records of a listing that are read ahead of the one that is asked for. */
const READ_AHEAD = 16;

/** Each record in an object of its own; its ETag is its revision. */
export class S3Records implements RecordStore {
  readonly #calls: StorageCalls;
  readonly #opened: () => OpenStore;

  constructor(calls: StorageCalls, opened: () => OpenStore) {
    this.#calls = calls;
    this.#opened = opened;
  }

  get(key: string, options: StorageCallOptions): Promise<StoredRecord | undefined> {
    return this.#calls.run(options.signal, async (signal) => {
      checkRecordKey(key);
      return attempting(`read record ${key}`, this.#read(key, signal));
    });
  }

  put(key: string, value: JsonValue, expected: string | undefined, options: StorageCallOptions): Promise<StoredRecord> {
    return this.#calls.run(options.signal, async (signal) => {
      checkRecordKey(key);
      const text = recordText(key, value);
      if (expected !== undefined && !isRevision(expected)) throw conflict(key, expected);
      // The number makes every write differ, and with it the ETag, also where the value stays the same.
      const content = Buffer.from(`{"write":"${randomUUID()}","value":${text}}`);
      const { objects } = this.#opened();
      const revision = await attempting(
        `write record ${key}`,
        objects.write(this.#object(key), content, expected, signal),
      );
      if (revision === undefined) throw conflict(key, expected);
      return { key, value: JSON.parse(text) as JsonValue, revision };
    });
  }

  delete(key: string, expected: string, options: StorageCallOptions): Promise<void> {
    return this.#calls.run(options.signal, async (signal) => {
      checkRecordKey(key);
      const { objects } = this.#opened();
      const deleted =
        isRevision(expected) &&
        (await attempting(`delete record ${key}`, objects.delete(this.#object(key), expected, signal)));
      if (!deleted) throw conflict(key, expected);
    });
  }

  async *list(prefix: string, { signal }: StorageCallOptions): AsyncGenerator<StoredRecord> {
    this.#calls.check(signal);
    checkRecordPrefix(prefix);
    const { store, layout } = this.#opened();
    let continuation: string | undefined;
    do {
      const page = await this.#calls.run(signal, (ending) =>
        attempting(
          "list records",
          store.list({ prefix: layout.records + recordObjectPrefix(prefix), continuation }, ending),
        ),
      );
      const keys = page.objects
        .filter(({ bytes }) => bytes > 0)
        .map((object) => recordKey(object.key.slice(layout.records.length)))
        .filter((key) => key?.startsWith(prefix) === true);
      yield* this.#readAll(keys as string[], signal);
      continuation = page.next;
    } while (continuation !== undefined);
  }

  async *#readAll(keys: readonly string[], signal: AbortSignal): AsyncGenerator<StoredRecord> {
    for (let at = 0; at < keys.length; at += READ_AHEAD) {
      const records = await this.#calls.run(signal, (ending) =>
        attempting("list records", Promise.all(keys.slice(at, at + READ_AHEAD).map((key) => this.#read(key, ending)))),
      );
      for (const record of records) {
        this.#calls.check(signal);
        if (record !== undefined) yield record;
      }
    }
  }

  async #read(key: string, signal: AbortSignal): Promise<StoredRecord | undefined> {
    const found = await this.#opened().objects.read(this.#object(key), MAX_RECORD_BYTES, signal);
    return found && { key, value: valueIn(key, found.content), revision: found.etag };
  }

  #object(key: string): string {
    return this.#opened().layout.records + recordObject(key);
  }
}

/** Whether it can be an ETag, which is sent as it is. */
function isRevision(text: string): boolean {
  return /^[\w.-]+$/.test(text);
}

function conflict(key: string, expected: string | undefined): PlinthError {
  const state = expected === undefined ? "not to exist" : `at revision ${expected}`;
  return new PlinthError("RECORD_CONFLICT", `Expected record ${key} ${state}, but it was changed: read it again`);
}

async function attempting<T>(doing: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw storeFailure(doing, thrown);
  }
}

function valueIn(key: string, content: Buffer): JsonValue {
  try {
    const parsed: unknown = JSON.parse(content.toString("utf8"));
    if (typeof parsed === "object" && parsed !== null && Object.hasOwn(parsed, "value")) {
      return (parsed as { value: JsonValue }).value;
    }
  } catch {
    // Told below.
  }
  throw new PlinthError(
    "STORAGE_UNAVAILABLE",
    `The object of record ${key} was changed by hand: expected {"write": …, "value": …}`,
  );
}
