import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type JsonValue, type Logger, PlinthError } from "@plinth/core";
import { Level } from "level";
import { type Disk, ensureFolder } from "./disk.js";
import { onDisk, systemCode, unlessAbsent } from "./disk-errors.js";

export interface KeptRecord {
  readonly value: JsonValue;
  readonly revision: string;
}

export type Database = Level<string, KeptRecord>;

/** The records, opened: to be written, or only to be read, with the reason; then there may be none at all. */
export type RecordDatabase = { close(): Promise<void> } & (
  | { readonly database: Database; readonly refusal?: undefined }
  | { readonly database: Database | undefined; readonly refusal: PlinthError }
);

/** Copies of damaged databases that are kept beside the repaired one, for people to look at. */
const MAX_DAMAGED_COPIES = 3;

/** Of Level's own report of an opening, in bytes. */
const MAX_REPORT_BYTES = 64 * 1024;

/** The types of `level` leave out what not every implementation of it has. */
const repairLevel = (folder: string) => (Level as unknown as { repair(folder: string): Promise<void> }).repair(folder);

const KEYS_AT_ONCE = 1_000;

/** A server elsewhere may be writing to what is copied. */
const COPY_ATTEMPTS = 5;

/**
 * Opens the database in `folder`, which one process can have open at a time. A damaged one is repaired, with a copy of it set
 * aside. Where nothing can be written, a copy is read as it is now.
 *
 * @throws PlinthError `STORAGE_UNAVAILABLE`
 */
export async function openRecordDatabase(folder: string, disk: Disk, logger: Logger): Promise<RecordDatabase> {
  const refusal = await refusalToWrite(folder, disk);
  if (refusal !== undefined) return openCopy(folder, refusal);
  const database = await openOrRepair(folder, logger);
  await warnOfLoss(folder, logger);
  const owner = ownerFileOf(folder);
  await onDisk(`write ${owner}`, writeFile(owner, `process ${process.pid} on ${hostname()}`));
  return { database, close: () => database.close() };
}

/** Reads a copy of the database as it is now, whoever owns it. @throws PlinthError `STORAGE_UNAVAILABLE` */
export function readRecordDatabase(folder: string): Promise<RecordDatabase> {
  const refusal = new PlinthError("STORAGE_UNAVAILABLE", `The records in ${folder} were opened only to be read`);
  return openCopy(folder, refusal);
}

/** Why nothing can be written below the folder's own folder, where that is so: told by trying, which also root and mounts heed. */
async function refusalToWrite(folder: string, disk: Disk): Promise<PlinthError | undefined> {
  try {
    for (const each of [dirname(folder), folder]) await ensureFolder(disk, each);
    await (await open(join(folder, "LOCK"), "a")).close();
    return undefined;
  } catch (thrown) {
    const cause = thrown instanceof PlinthError ? thrown.cause : thrown;
    if (!["EROFS", "EACCES", "EPERM"].includes(systemCode(cause) ?? "")) return undefined;
    return new PlinthError(
      "STORAGE_UNAVAILABLE",
      `Nothing can be written to ${folder}, so there can be no new records: models are served, but labels, traffic and ` +
        "versions can be changed in the configuration only. Make it writable, or give the storage a root elsewhere and each " +
        "model its path",
      { cause, details: { code: systemCode(cause) } },
    );
  }
}

async function openOrRepair(folder: string, logger: Logger): Promise<Database> {
  try {
    // Level takes a folder without this file for a new database and deletes what else is there.
    if (await lacksItsHead(folder)) throw new Error("CURRENT is missing");
    return await openLevel(folder);
  } catch (thrown) {
    const cause = (thrown as Error).cause ?? thrown;
    if (systemCode(cause) === "LEVEL_LOCKED") throw await heldBySomebody(folder, cause);
    return repair(folder, cause as Error, logger);
  }
}

async function openLevel(folder: string): Promise<Database> {
  const database: Database = new Level(folder, { valueEncoding: "json" });
  await database.open();
  try {
    await readThrough(database);
    return database;
  } catch (thrown) {
    await database.close();
    throw thrown;
  }
}

/** Damage in a table shows only when it is read. */
async function readThrough(database: Database): Promise<void> {
  const iterator = database.keys();
  try {
    while ((await iterator.nextv(KEYS_AT_ONCE)).length > 0);
  } finally {
    await iterator.close();
  }
}

async function lacksItsHead(folder: string): Promise<boolean> {
  const names = (await unlessAbsent(readdir(folder))) ?? [];
  return !names.includes("CURRENT") && names.some((name) => /^MANIFEST-|\.(?:ldb|sst|log)$/.test(name));
}

async function heldBySomebody(folder: string, cause: unknown): Promise<PlinthError> {
  const holder = (await unlessAbsent(readFile(ownerFileOf(folder), "utf8"))) ?? "another process";
  return new PlinthError(
    "STORAGE_UNAVAILABLE",
    `The records in ${folder} are held by ${holder}, and only one process can have them open: stop it, or give this ` +
      "server a root of its own or a storage that can be shared",
    { cause, details: { holder } },
  );
}

async function repair(folder: string, damage: Error, logger: Logger): Promise<Database> {
  const unavailable = (cause: unknown) =>
    new PlinthError(
      "STORAGE_UNAVAILABLE",
      `Cannot open the records in ${folder}: ${damage.message}, and they could not be repaired. Published versions are not ` +
        "touched by that; to go on without labels and history, move this folder away",
      { cause },
    );
  if (!existsSync(folder)) throw unavailable(damage);
  try {
    const copy = await setAside(folder);
    await repairLevel(folder);
    const database = await openLevel(folder);
    const kept = (await database.keys().all()).length;
    logger.warn(`Repaired the damaged records in ${folder}; what they were is in ${copy}`, { damage, kept });
    return database;
  } catch (thrown) {
    throw unavailable(thrown);
  }
}

async function setAside(folder: string): Promise<string> {
  const prefix = `${basename(folder)}.damaged-`;
  const earlier = (await readdir(dirname(folder))).filter((name) => name.startsWith(prefix)).sort();
  for (const name of earlier.slice(0, Math.max(0, earlier.length + 1 - MAX_DAMAGED_COPIES))) {
    await rm(join(dirname(folder), name), { recursive: true });
  }
  const copy = join(dirname(folder), `${prefix}${new Date().toISOString().replaceAll(":", "-")}`);
  await cp(folder, copy, { recursive: true });
  return copy;
}

/** Level leaves out what it cannot read of its log, and says so only in a file. */
async function warnOfLoss(folder: string, logger: Logger): Promise<void> {
  const file = await unlessAbsent(open(join(folder, "LOG")));
  if (file === undefined) return;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_REPORT_BYTES), 0, MAX_REPORT_BYTES, 0);
    const [dropped] = /[^\n]*dropping \d+ bytes[^\n]*/.exec(buffer.toString("utf8", 0, bytesRead)) ?? [];
    if (dropped) logger.error(`Some of the latest records in ${folder} were damaged and are lost`, { dropped });
  } finally {
    await file.close();
  }
}

async function openCopy(folder: string, refusal: PlinthError): Promise<RecordDatabase> {
  if (!existsSync(folder)) return { database: undefined, refusal, close: async () => {} };
  const parent = await mkdtemp(join(tmpdir(), "plinth-records-"));
  const copy = join(parent, "records");
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        await copyFiles(folder, copy);
        const database = await openLevel(copy);
        return {
          database,
          refusal,
          close: async () => {
            await database.close();
            await rm(parent, { recursive: true, force: true });
          },
        };
      } catch (thrown) {
        if (attempt === COPY_ATTEMPTS) throw thrown;
        await rm(copy, { recursive: true, force: true });
      }
    }
  } catch (cause) {
    await rm(parent, { recursive: true, force: true });
    const { message } = ((cause as Error).cause ?? cause) as Error;
    throw new PlinthError("STORAGE_UNAVAILABLE", `Cannot read the records in ${folder}: ${message}`, { cause });
  }
}

/** Into a folder that this process can write to, whatever the rights of the other are. */
async function copyFiles(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const name of await readdir(from)) {
    if (name !== "LOCK") await copyFile(join(from, name), join(to, name));
  }
}

function ownerFileOf(folder: string): string {
  return `${folder}.owner`;
}
