import { expect } from "vitest";
import { smallVersion } from "./sample-files.js";
import { listedVersions, soon } from "./storage-expectations.js";
import type { StorageCase, StorageContext } from "./storage-under-test.js";

export const watchingCases: readonly StorageCase[] = [
  {
    name: "tells of a version that was published, when the list shows it",
    needs: ["watch"],
    async run(context) {
      const { changed } = watched(context);
      await context.storage.publish("m", 1n, smallVersion(), { signal: context.signal });
      await soon(context, "a published version is told of", changed);
      expect(await listedVersions(context)).toEqual({ m: [1n] });
    },
  },
  {
    name: "tells of a version that was removed",
    needs: ["watch"],
    async run(context) {
      await context.storage.publish("m", 1n, smallVersion(), { signal: context.signal });
      const { changed } = watched(context);
      await context.storage.remove("m", 1n, { signal: context.signal });
      await soon(context, "a removed version is told of", changed);
    },
  },
  {
    name: "tells nothing to a subscription that was disposed, and goes on telling others",
    needs: ["watch"],
    async run(context) {
      const disposed = watched(context);
      const remaining = watched(context);
      disposed.subscription?.[Symbol.dispose]();
      disposed.subscription?.[Symbol.dispose]();
      await context.storage.publish("m", 1n, smallVersion(), { signal: context.signal });
      await soon(context, "the remaining subscription is told", remaining.changed);
      expect(disposed.calls()).toBe(0);
    },
  },
];

function watched({ storage }: StorageContext): {
  subscription: Disposable | undefined;
  changed: Promise<void>;
  calls(): number;
} {
  let calls = 0;
  let subscription: Disposable | undefined;
  const changed = new Promise<void>((resolve) => {
    subscription = storage.watch?.(() => {
      calls++;
      resolve();
    });
  });
  return { subscription, changed, calls: () => calls };
}
