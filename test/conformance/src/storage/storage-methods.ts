import type { ModelStorage } from "@plinth/core";
import type { MethodUnderTest, NamingMethodUnderTest } from "../traits/trait.js";
import { smallVersion } from "./sample-files.js";

/** Every method that takes a signal, `start` apart. */
export const storageMethods: readonly MethodUnderTest<ModelStorage>[] = [
  { name: "list", call: (storage, signal) => storage.list({ signal }) },
  { name: "open", call: (storage, signal) => storage.open("m", 1n, { signal }) },
  { name: "publish", call: (storage, signal) => storage.publish("m", 1n, smallVersion(), { signal }) },
  { name: "remove", call: (storage, signal) => storage.remove("m", 1n, { signal }) },
  { name: "records.get", call: (storage, signal) => storage.records.get("a/key", { signal }) },
  { name: "records.put", call: (storage, signal) => storage.records.put("a/key", 1, undefined, { signal }) },
  { name: "records.delete", call: (storage, signal) => storage.records.delete("a/key", "1", { signal }) },
  { name: "records.list", call: (storage, signal) => firstRecord(storage, "a/", signal) },
];

/** Every method that takes a model's name. */
export const modelNamingMethods: readonly NamingMethodUnderTest<ModelStorage>[] = [
  { name: "open", call: (storage, name) => storage.open(name, 1n, never()) },
  { name: "publish", call: (storage, name) => storage.publish(name, 1n, smallVersion(), never()) },
  { name: "remove", call: (storage, name) => storage.remove(name, 1n, never()) },
];

/** Every method that takes a record's key. */
export const keyNamingMethods: readonly NamingMethodUnderTest<ModelStorage>[] = [
  { name: "records.get", call: (storage, key) => storage.records.get(key, never()) },
  { name: "records.put", call: (storage, key) => storage.records.put(key, 1, undefined, never()) },
  { name: "records.delete", call: (storage, key) => storage.records.delete(key, "1", never()) },
];

/** Asks for the first record only, since nothing is done before that. */
export async function firstRecord(storage: ModelStorage, prefix: string, signal: AbortSignal): Promise<unknown> {
  const iterator = storage.records.list(prefix, { signal })[Symbol.asyncIterator]();
  const { value } = await iterator.next();
  await iterator.return?.();
  return value;
}

function never(): { signal: AbortSignal } {
  return { signal: new AbortController().signal };
}
