import type { JsonValue, RecordStore, StorageCallOptions, StoredRecord } from "@plinth/core";
import type { BrokenStorage } from "./broken-storage.js";
import { ReferenceRecords, ReferenceStorage } from "./reference-storage.js";

export const brokenRecords: readonly BrokenStorage[] = [
  {
    fault: "writes records over any revision",
    create: withRecords(
      class extends ReferenceRecords {
        override compare(): void {}
      },
    ),
    caughtBy: [
      "refuses to write over another revision with RECORD_CONFLICT",
      "deletes a record that is at the expected revision, and no other",
      "loses none of 50 increments that are made at once",
      "lets exactly one of several win that make the same record at once",
    ],
  },
  {
    fault: "deletes a record that it has found at the expected revision a little earlier",
    create: withRecords(
      class extends ReferenceRecords {
        override async delete(key: string, expected: string, options: StorageCallOptions): Promise<void> {
          this.check(key, options.signal);
          this.compare(key, expected);
          await Promise.resolve();
          this.all.delete(key);
        }
      },
    ),
    caughtBy: ["lets exactly one of several win that delete the same record at once"],
  },
  {
    fault: "lists a record that is written meanwhile behind all others",
    create: withRecords(
      class extends ReferenceRecords {
        override async *list(prefix: string, { signal }: StorageCallOptions): AsyncGenerator<StoredRecord> {
          this.storage.check(signal);
          for (const [key, record] of this.all) {
            if (key.startsWith(prefix)) yield record;
          }
        }
        override async put(key: string, value: JsonValue, expected: string | undefined, options: StorageCallOptions) {
          const record = await super.put(key, value, expected, options);
          this.all.delete(key);
          this.all.set(key, record);
          return record;
        }
      },
    ),
    caughtBy: ["lists each record once, in order and whole, while others write"],
  },
  {
    fault: "compares a revision first and writes later",
    create: withRecords(
      class extends ReferenceRecords {
        override async put(key: string, value: JsonValue, expected: string | undefined, options: StorageCallOptions) {
          this.check(key, options.signal);
          this.compare(key, expected);
          await Promise.resolve();
          return super.put(key, value, this.all.get(key)?.revision, options);
        }
      },
    ),
    caughtBy: [
      "loses none of 50 increments that are made at once",
      "lets exactly one of several win that make the same record at once",
    ],
  },
  {
    fault: "counts revisions anew for each record",
    create: withRecords(
      class extends ReferenceRecords {
        override nextRevision(key: string): string {
          return String(Number(this.all.get(key)?.revision ?? 0) + 1);
        }
      },
    ),
    caughtBy: ["does not take a revision from before a record was deleted and made again"],
  },
  {
    fault: "takes the value for the revision",
    create: withRecords(
      class extends ReferenceRecords {
        override async put(key: string, value: JsonValue, expected: string | undefined, options: StorageCallOptions) {
          const written = await super.put(key, value, expected, options);
          const record = { ...written, revision: JSON.stringify(value).slice(0, 100) };
          this.all.set(key, record);
          return record;
        }
      },
    ),
    caughtBy: ["gives a new revision also where the value stays the same"],
  },
  {
    fault: "never lets a record be replaced",
    create: withRecords(
      class extends ReferenceRecords {
        override compare(key: string): void {
          super.compare(key, undefined);
        }
      },
    ),
    caughtBy: ["replaces a record that is at the expected revision"],
  },
  {
    fault: "keeps the caller's own value",
    create: withRecords(
      class extends ReferenceRecords {
        override async get(key: string, { signal }: StorageCallOptions) {
          this.check(key, signal);
          return this.all.get(key);
        }
      },
    ),
    caughtBy: ["keeps a value of its own, whatever callers do to theirs"],
  },
  {
    fault: "loses values that are null or false",
    create: withRecords(
      class extends ReferenceRecords {
        override async get(key: string, options: StorageCallOptions) {
          const record = await super.get(key, options);
          return record?.value ? record : undefined;
        }
      },
    ),
    caughtBy: ["gives back null", "gives back false", "gives back an empty text"],
  },
  {
    fault: "keeps values as Latin-1, numbers in 32 bits, at most 100 kB and without special names",
    create: withRecords(
      class extends ReferenceRecords {
        override put(key: string, value: JsonValue, expected: string | undefined, options: StorageCallOptions) {
          const spoil = (_name: string, part: unknown) => (typeof part === "number" ? Math.fround(part) : part);
          const text = Buffer.from(JSON.stringify(value, spoil), "latin1").toString("latin1").slice(0, 100_000);
          const spoiled = text.length < 100_000 ? (JSON.parse(text) as JsonValue) : null;
          const plain = isObject(spoiled) ? Object.assign({}, spoiled, { extra: true }) : spoiled;
          return super.put(key, plain, expected, options);
        }
      },
    ),
    caughtBy: [
      "gives back numbers as exact as JavaScript's",
      "gives back text beyond ASCII",
      "gives back nested values",
      "gives back a key named __proto__",
      "gives back a value of 1 MB",
    ],
  },
  {
    fault: "invents a record for each key",
    create: withRecords(
      class extends ReferenceRecords {
        override async get(key: string, options: StorageCallOptions): Promise<StoredRecord> {
          return (await super.get(key, options)) ?? { key, value: null, revision: "0" };
        }
      },
    ),
    caughtBy: ["has no record where none was written"],
  },
  {
    fault: "orders records as people do",
    create: withRecords(
      class extends ReferenceRecords {
        override sorted(keys: string[]): string[] {
          return keys.sort((left, right) => left.localeCompare(right));
        }
      },
    ),
    caughtBy: ["lists records by prefix in the order of the bytes of their keys"],
  },
  {
    fault: "lists the first thousand records only",
    create: withRecords(
      class extends ReferenceRecords {
        override sorted(keys: string[]): string[] {
          return keys.sort().slice(0, 1_000);
        }
      },
    ),
    caughtBy: ["lists more records than one would read in a single step"],
  },
  {
    fault: "lists by prefix as folders, and any prefix",
    create: withRecords(
      class extends ReferenceRecords {
        override async *list(prefix: string, options: StorageCallOptions) {
          for await (const record of super.list("", options)) {
            if (prefix === "" || record.key.startsWith(`${prefix.replace(/\/$/, "")}/`)) yield record;
          }
        }
      },
    ),
    caughtBy: [
      "lists records by prefix in the order of the bytes of their keys",
      "records.list refuses prefixes with which no key begins",
    ],
  },
  {
    fault: "takes any key",
    create: withRecords(
      class extends ReferenceRecords {
        override check(_key: string, signal: AbortSignal): void {
          this.storage.check(signal);
        }
      },
    ),
    caughtBy: ["records.get", "records.put", "records.delete"].flatMap((method) =>
      ["an empty key", "a key that climbs", "an absolute key", "a key with a NUL", "a key of 513 bytes"].map(
        (what) => `${method} refuses ${what} with FILES_INVALID`,
      ),
    ),
  },
  {
    fault: "takes keys of letters only",
    create: withRecords(
      class extends ReferenceRecords {
        override check(key: string, signal: AbortSignal): void {
          super.check(/^[a-z/]{1,100}$/.test(key) ? key : "", signal);
        }
      },
    ),
    caughtBy: ["takes record keys of every allowed byte, and of 512 of them"],
  },
  {
    fault: "keeps records where models are",
    create: withRecords(
      class extends ReferenceRecords {
        override async put(key: string, value: JsonValue, expected: string | undefined, options: StorageCallOptions) {
          const written = await super.put(key, value, expected, options);
          this.storage.add(key, 1n, new Map());
          return written;
        }
      },
    ),
    caughtBy: ["keeps records apart from models"],
  },
];

function withRecords(Records: new (storage: ReferenceStorage) => RecordStore): BrokenStorage["create"] {
  return class extends ReferenceStorage {
    override createRecords(): RecordStore {
      return new Records(this);
    }
  };
}

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
