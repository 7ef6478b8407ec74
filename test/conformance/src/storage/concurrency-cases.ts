import { expect } from "vitest";
import { checkedFile, readVersion, smallVersion, textFile } from "./sample-files.js";
import { listedVersions } from "./storage-expectations.js";
import type { StorageCase } from "./storage-under-test.js";

const VERSIONS: readonly bigint[] = Array.from({ length: 20 }, (_, index) => BigInt(index + 1));

export const concurrencyCases: readonly StorageCase[] = [
  {
    name: "publishes 20 versions at once",
    async run(context) {
      const { storage, signal } = context;
      await Promise.all(
        VERSIONS.map((version) => storage.publish("m", version, smallVersion(`${version}`), { signal })),
      );
      expect(await listedVersions(context)).toEqual({ m: VERSIONS });
      for (const version of VERSIONS) {
        expect(await readVersion(context, "m", version)).toMatchObject({ "model.txt": `${version}` });
      }
    },
  },
  {
    name: "lets exactly one of several win that publish the same version at once",
    async run(context) {
      const { storage, signal } = context;
      const outcomes = await Promise.allSettled(
        VERSIONS.map((turn) => storage.publish("m", 1n, [textFile("a", `from ${turn}`)], { signal })),
      );
      const winners = VERSIONS.filter((_, index) => outcomes[index]?.status === "fulfilled");
      expect(winners).toHaveLength(1);
      const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.reason] : []));
      expect(new Set(reasons)).toEqual(new Set(["VERSION_EXISTS"]));
      expect(await readVersion(context, "m", 1n)).toEqual({ a: `from ${winners[0]}` });
      if (context.subject.leftovers) expect(await context.subject.leftovers()).toEqual([]);
    },
  },
  {
    name: "lets exactly one of several win that publish the same files with checksums at once",
    async run(context) {
      const { storage, subject, signal } = context;
      const files = () => [checkedFile("a", "first"), checkedFile("b/c", "second"), textFile("d", "third")];
      const outcomes = await Promise.allSettled(VERSIONS.map(() => storage.publish("m", 1n, files(), { signal })));
      const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.reason] : []));
      expect(reasons).toEqual(Array(VERSIONS.length - 1).fill("VERSION_EXISTS"));
      expect(await readVersion(context, "m", 1n)).toEqual({ a: "first", "b/c": "second", d: "third" });
      if (subject.leftovers) expect(await subject.leftovers()).toEqual([]);
    },
  },
  {
    name: "lets exactly one of several win that remove the same version at once",
    async run(context) {
      const { storage, signal } = context;
      await storage.publish("m", 1n, smallVersion(), { signal });
      const outcomes = await Promise.allSettled(VERSIONS.map(() => storage.remove("m", 1n, { signal })));
      const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.reason] : []));
      expect(reasons).toEqual(Array(VERSIONS.length - 1).fill("VERSION_NOT_FOUND"));
      expect(await listedVersions(context)).toEqual({});
    },
  },
  {
    name: "shows only whole versions in lists taken while others publish",
    async run(context) {
      const { storage, signal } = context;
      const paths = ["a", "b", "c/d"];
      const publishing = VERSIONS.map((version) =>
        storage.publish(
          "m",
          version,
          paths.map((path) => textFile(path, `${version} ${path}`)),
          { signal },
        ),
      );
      let published = false;
      const outcomes = Promise.allSettled(publishing).finally(() => {
        published = true;
      });
      const seen = new Set<bigint>();
      while (!published) {
        const { m: listed = [] } = await listedVersions(context);
        for (const version of listed) {
          if (seen.has(version)) continue;
          seen.add(version);
          const whole = Object.fromEntries(paths.map((path) => [path, `${version} ${path}`]));
          expect(await readVersion(context, "m", version)).toEqual(whole);
        }
        await new Promise(setImmediate);
      }
      expect((await outcomes).map(({ status }) => status)).toEqual(VERSIONS.map(() => "fulfilled"));
      expect(await listedVersions(context)).toEqual({ m: VERSIONS });
    },
  },
];
