import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import {
  checkRecordKey,
  checkRecordPrefix,
  checkRevision,
  type JsonValue,
  PlinthError,
  type RecordStore,
  recordText,
  type StorageCallOptions,
  type StorageCalls,
  type StoredRecord,
} from "@plinth/core";
import { Level } from "level";
import { ensureFolder, onDisk, systemCode, unlessAbsent } from "./disk-errors.js";

/** Most writes that wait for their turn. */
const MAX_WAITING_WRITES = 10_000;

/** Records read at once from a listing. */
const BATCH_SIZE = 100;

interface KeptRecord {
  readonly value: JsonValue;
  readonly revision: string;
}

type Database = Level<string, KeptRecord>;

/** Records in a Level database, which only one process can have open. It is opened when first needed. */
export class DiskRecords implements RecordStore {
  readonly #folder: string;
  readonly #calls: StorageCalls;
  #database: Promise<Database> | undefined;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #waitingWrites = 0;

  constructor(folder: string, calls: StorageCalls) {
    this.#folder = folder;
    this.#calls = calls;
  }

  get(key: string, options: StorageCallOptions): Promise<StoredRecord | undefined> {
    return this.#calls.run(options.signal, async () => {
      checkRecordKey(key);
      const database = await this.#open();
      const kept = await onDisk(`read record ${key}`, database.get(key) as Promise<KeptRecord | undefined>);
      return kept && { key, ...kept };
    });
  }

  put(key: string, value: JsonValue, expected: string | undefined, options: StorageCallOptions): Promise<StoredRecord> {
    return this.#calls.run(options.signal, async (signal) => {
      checkRecordKey(key);
      const own = JSON.parse(recordText(key, value)) as JsonValue;
      return this.#inTurn(async (database) => {
        signal.throwIfAborted();
        await compare(database, key, expected);
        const kept = { value: own, revision: randomUUID() };
        await onDisk(`write record ${key}`, database.put(key, kept, { sync: true }));
        return { key, ...kept };
      });
    });
  }

  delete(key: string, expected: string, options: StorageCallOptions): Promise<void> {
    return this.#calls.run(options.signal, async (signal) => {
      checkRecordKey(key);
      await this.#inTurn(async (database) => {
        signal.throwIfAborted();
        await compare(database, key, expected);
        await onDisk(`delete record ${key}`, database.del(key, { sync: true }));
      });
    });
  }

  async *list(prefix: string, { signal }: StorageCallOptions): AsyncGenerator<StoredRecord> {
    const iterator = await this.#calls.run(signal, async () => {
      checkRecordPrefix(prefix);
      // DEL comes after every byte that a key may have.
      return (await this.#open()).iterator({ gte: prefix, lt: `${prefix}\u007f` });
    });
    try {
      for (;;) {
        const batch = await this.#calls.run(signal, () => onDisk("list records", iterator.nextv(BATCH_SIZE)));
        if (batch.length === 0) return;
        for (const [key, kept] of batch) {
          this.#calls.check(signal);
          yield { key, ...kept };
        }
      }
    } finally {
      await iterator.close();
    }
  }

  /** After the last call. */
  async close(): Promise<void> {
    const [opened] = await Promise.allSettled([this.#database]);
    if (opened.status === "fulfilled") await opened.value?.close();
  }

  /** Does one write after the other, so that none comes between another's comparison and its writing. */
  async #inTurn<T>(write: (database: Database) => Promise<T>): Promise<T> {
    if (this.#waitingWrites >= MAX_WAITING_WRITES) {
      throw new PlinthError(
        { code: "RESOURCE_EXHAUSTED", reason: "STORAGE_BUSY" },
        `${MAX_WAITING_WRITES} writes of records are waiting already: try again later`,
      );
    }
    this.#waitingWrites++;
    const turn = this.#lastWrite.then(async () => write(await this.#open()));
    this.#lastWrite = Promise.allSettled([turn]);
    return turn.finally(() => {
      this.#waitingWrites--;
    });
  }

  #open(): Promise<Database> {
    this.#database ??= openDatabase(this.#folder).catch((thrown: unknown) => {
      this.#database = undefined;
      throw thrown;
    });
    return this.#database;
  }
}

async function compare(database: Database, key: string, expected: string | undefined): Promise<void> {
  const kept = await onDisk(`read record ${key}`, database.get(key) as Promise<KeptRecord | undefined>);
  checkRevision(key, kept?.revision, expected);
}

async function openDatabase(folder: string): Promise<Database> {
  await ensureFolder(dirname(folder));
  const database: Database = new Level(folder, { valueEncoding: "json" });
  const owner = `${folder}.owner`;
  try {
    await database.open();
  } catch (thrown) {
    const cause = (thrown as Error).cause ?? thrown;
    if (systemCode(cause) !== "LEVEL_LOCKED") {
      throw new PlinthError(
        "STORAGE_UNAVAILABLE",
        `Cannot open the records in ${folder}: ${(cause as Error).message}`,
        { cause },
      );
    }
    const holder = (await unlessAbsent(readFile(owner, "utf8"))) ?? "another process";
    throw new PlinthError(
      "STORAGE_UNAVAILABLE",
      `The records in ${folder} are held by ${holder}, and only one process can have them open: stop it, or give this ` +
        "server a root of its own or a storage that can be shared",
      { cause, details: { holder } },
    );
  }
  await onDisk(`write ${owner}`, writeFile(owner, `process ${process.pid} on ${hostname()}`));
  return database;
}
