import { randomUUID } from "node:crypto";
import {
  checkRecordKey,
  checkRecordPrefix,
  checkRevision,
  type JsonValue,
  type Logger,
  PlinthError,
  type RecordStore,
  recordText,
  type StorageCallOptions,
  type StorageCalls,
  type StoredRecord,
} from "@plinth/core";
import type { Disk } from "./disk.js";
import { onDisk } from "./disk-errors.js";
import {
  type Database,
  type KeptRecord,
  openRecordDatabase,
  type RecordDatabase,
  readRecordDatabase,
} from "./record-database.js";

/** Most writes that wait for their turn. */
const MAX_WAITING_WRITES = 10_000;

/** Records read at once from a listing. */
const BATCH_SIZE = 100;

/** Records in a Level database, which only one process can have open. It is opened when first needed. */
export class DiskRecords implements RecordStore {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #logger: Logger;
  readonly #calls: StorageCalls;
  #opened: Promise<RecordDatabase> | undefined;
  #isReadOnly = false;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #waitingWrites = 0;

  constructor(folder: string, disk: Disk, logger: Logger, calls: StorageCalls) {
    this.#folder = folder;
    this.#disk = disk;
    this.#logger = logger;
    this.#calls = calls;
  }

  /** Before the first call: what is there now is read, also where another process owns it, and nothing is written. */
  readOnly(): void {
    this.#isReadOnly = true;
  }

  get(key: string, options: StorageCallOptions): Promise<StoredRecord | undefined> {
    return this.#calls.run(options.signal, async () => {
      checkRecordKey(key);
      const { database } = await this.#open();
      const kept = database && (await read(database, key));
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
      const { database } = await this.#open();
      // DEL comes after every byte that a key may have.
      return database?.iterator({ gte: prefix, lt: `${prefix}\u007f` });
    });
    if (iterator === undefined) return;
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
    const [opened] = await Promise.allSettled([this.#opened]);
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
    const turn = this.#lastWrite.then(async () => {
      const opened = await this.#open();
      if (opened.refusal !== undefined) throw opened.refusal;
      return write(opened.database);
    });
    this.#lastWrite = Promise.allSettled([turn]);
    return turn.finally(() => {
      this.#waitingWrites--;
    });
  }

  #open(): Promise<RecordDatabase> {
    const opening = () =>
      this.#isReadOnly ? readRecordDatabase(this.#folder) : openRecordDatabase(this.#folder, this.#disk, this.#logger);
    this.#opened ??= opening().catch((thrown: unknown) => {
      this.#opened = undefined;
      throw thrown;
    });
    return this.#opened;
  }
}

function read(database: Database, key: string): Promise<KeptRecord | undefined> {
  return onDisk(`read record ${key}`, database.get(key) as Promise<KeptRecord | undefined>);
}

async function compare(database: Database, key: string, expected: string | undefined): Promise<void> {
  checkRevision(key, (await read(database, key))?.revision, expected);
}
