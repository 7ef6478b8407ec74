import { describe, expect, it } from "vitest";
import type { VersionState } from "../../src/index.js";
import { heirOf } from "../../src/serving/lifecycle/heir.js";

type Case = readonly [what: string, versions: readonly string[], heir: bigint | undefined];

const CASES: readonly Case[] = [
  ["the newest that is wanted", ["1 available", "2 start wanted", "3 start wanted"], 3n],
  ["the same while it is loaded", ["1 available", "2 start wanted", "3 loading wanted"], 3n],
  ["the next where the newest cannot be loaded", ["1 available", "2 start wanted", "3 error wanted"], 2n],
  ["an older one where that is wanted", ["1 start wanted", "2 available"], 1n],
  ["none where a wanted one answers", ["1 available", "2 available wanted", "3 start wanted"], undefined],
  ["none where nothing is in memory", ["2 start wanted"], undefined],
  ["none of one that goes already", ["1 unloading", "2 start wanted"], undefined],
  ["none where nothing is wanted", ["1 available", "2 start"], undefined],
];

describe("the heir of a version that is not wanted any more", () => {
  it.each(CASES)("is %s", (_what, lines, expected) => {
    const versions = lines.map((line) => {
      const [version = "", state = "", aspired] = line.split(" ");
      return { version: BigInt(version), state: state as VersionState, aspired: aspired === "wanted" };
    });
    expect(heirOf(versions)?.version).toBe(expected);
  });
});
