import { randomUUID } from "node:crypto";
import { PlinthError } from "@plinth/core";
import type { ExpectedState, ObjectStore, ReadObject } from "./object-store.js";
import { withRetries } from "./retries.js";
import { StoreError } from "./store-errors.js";

/** Stands for an object that was deleted, where the store deletes whatever the state: nothing else that is written is empty. */
const DELETED = Buffer.alloc(0);

/** Probes older than this were left behind, in milliseconds. */
const PROBE_LEFT_AFTER_MS = 60 * 60 * 1_000;

/** What a store does with conditions, as it was found at the start. */
export type ConditionSupport = "writes-and-deletes" | "writes" | "read-only";

/** Small objects that several servers change without losing an update: each change names the state that it was made for. */
export class ConditionalObjects {
  readonly #store: ObjectStore;
  readonly #support: ConditionSupport;

  constructor(store: ObjectStore, support: ConditionSupport) {
    this.#store = store;
    this.#support = support;
  }

  get isWritable(): boolean {
    return this.#support !== "read-only";
  }

  /** `undefined` where there is none. */
  async read(key: string, maxBytes: number, signal: AbortSignal): Promise<ReadObject | undefined> {
    const found = await this.#store.read(key, maxBytes, signal);
    return found?.content.length === 0 ? undefined : found;
  }

  /**
   * Writes an object that is at the expected state. The content must differ from all that is ever written to this key, for that is how
   * a write is known again whose answer was lost.
   *
   * @returns the ETag; `undefined` where the object is at another state, and nothing was written
   */
  async write(key: string, content: Buffer, expected: ExpectedState, signal: AbortSignal): Promise<string | undefined> {
    this.#checkWritable();
    const written = await this.#attempt(key, content, expected, signal);
    if (written !== undefined || expected !== undefined || this.#support !== "writes") return written;
    const found = await this.#store.read(key, 1, signal).catch(unlessTooLarge);
    return found?.content.length === 0 ? this.#attempt(key, content, found.etag, signal) : undefined;
  }

  /** Deletes an object that has that ETag. @returns whether it had */
  async delete(key: string, etag: string, signal: AbortSignal): Promise<boolean> {
    this.#checkWritable();
    if (this.#support === "writes") return (await this.#attempt(key, DELETED, etag, signal)) !== undefined;
    let isUncertain = false;
    return withRetries(signal, async () => {
      try {
        await this.#store.delete(key, etag, signal);
        return true;
      } catch (thrown) {
        if (thrown instanceof StoreError && thrown.isConflict) return isUncertain && thrown.isMissing;
        isUncertain = true;
        throw thrown;
      }
    });
  }

  /** A write whose answer was lost may have come through: then the second attempt finds its own content. */
  #attempt(key: string, content: Buffer, expected: ExpectedState, signal: AbortSignal): Promise<string | undefined> {
    let isUncertain = false;
    return withRetries(signal, async () => {
      try {
        return await this.#store.put(key, content, expected, signal);
      } catch (thrown) {
        if (!(thrown instanceof StoreError && thrown.isConflict)) {
          isUncertain = true;
          throw thrown;
        }
        if (!isUncertain) return undefined;
        const found = await this.#store.read(key, content.length, signal).catch(unlessTooLarge);
        return found?.content.equals(content) ? found.etag : undefined;
      }
    });
  }

  #checkWritable(): void {
    if (this.isWritable) return;
    throw new PlinthError(
      "STORAGE_UNAVAILABLE",
      `The access key may not write to the bucket ${this.#store.bucket}: give it that right and start the server again`,
    );
  }
}

/**
 * Finds out whether the store looks at the conditions of writes, with an object below `prefix` of its own.
 *
 * @throws PlinthError `STORAGE_UNAVAILABLE` where it writes whatever the state: updates would be lost
 */
export async function findConditionSupport(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
): Promise<ConditionSupport> {
  const key = `${prefix}${randomUUID()}`;
  const put = (text: string, expected: ExpectedState) =>
    withRetries(signal, () => isDone(store.put(key, Buffer.from(text), expected, signal)));
  try {
    if (!(await put("first", undefined))) return refuse(store, "If-None-Match", "refused");
  } catch (thrown) {
    if (thrown instanceof StoreError && thrown.status === 403) return "read-only";
    throw thrown;
  }
  try {
    if (await put("second", undefined)) return refuse(store, "If-None-Match", "ignored");
    if (await put("second", "0123456789abcdef0123456789abcdef")) return refuse(store, "If-Match", "ignored");
    const first = await store.read(key, 100, signal);
    if (!(await put("second", first?.etag ?? ""))) return refuse(store, "If-Match", "refused");
    const drop = (etag: string) => withRetries(signal, () => isDone(store.delete(key, etag, signal)));
    const second = await store.read(key, 100, signal);
    await drop(first?.etag ?? "");
    const isKept = (await store.read(key, 100, signal)) !== undefined;
    // A store may also refuse every deletion with a condition.
    return isKept && (await drop(second?.etag ?? "")) ? "writes-and-deletes" : "writes";
  } finally {
    await store.deleteAll([key, ...(await leftProbes(store, prefix, signal))], signal);
  }
}

async function leftProbes(store: ObjectStore, prefix: string, signal: AbortSignal): Promise<readonly string[]> {
  const { objects } = await store.list({ prefix }, signal);
  return objects.filter(({ modifiedAtMs }) => store.nowMs - modifiedAtMs > PROBE_LEFT_AFTER_MS).map(({ key }) => key);
}

/** Whether it was done; not where a condition forbade it. */
async function isDone(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (thrown) {
    if (thrown instanceof StoreError && (thrown.isConflict || thrown.status === 501)) return false;
    throw thrown;
  }
}

function refuse(store: ObjectStore, header: string, done: "ignored" | "refused"): never {
  throw new PlinthError(
    "STORAGE_UNAVAILABLE",
    `Expected the store of the bucket ${store.bucket} to honour conditional writes, but it ${done} ${header}: several servers would ` +
      "lose each other's changes; use a newer version of the store, or another one",
  );
}

function unlessTooLarge(thrown: unknown): undefined {
  if (thrown instanceof StoreError && thrown.code === "TooLarge") return undefined;
  throw thrown;
}
