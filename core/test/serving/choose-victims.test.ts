import { describe, expect, it } from "vitest";
import { chooseVictims } from "../../src/serving/lifecycle/choose-victims.js";

/** `"a 30 used 2"` holds 30 bytes and was used before `"b 30 used 3"`. */
function idle(line: string) {
  const [name = "", bytes, , lastUse] = line.split(" ");
  return { name, bytes: Number(bytes), lastUse: Number(lastUse) };
}

type Case = readonly [what: string, idle: readonly string[], missingBytes: number, victims: string];

const CASES: readonly Case[] = [
  ["takes the least recently used", ["a 30 used 2", "b 30 used 1", "c 30 used 3"], 30, "b"],
  ["takes as many as it needs, in that order", ["a 30 used 2", "b 30 used 1", "c 30 used 3"], 31, "b a"],
  ["takes all where it needs all", ["a 30 used 2", "b 30 used 1"], 60, "b a"],
  ["takes none where all would not be enough", ["a 30 used 2", "b 30 used 1"], 61, "not enough"],
  ["takes none out of nothing", [], 1, "not enough"],
  ["takes none where nothing is missing", ["a 30 used 1"], 0, ""],
  ["spares small ones where a later large one is enough alone", ["a 5 used 1", "b 5 used 2", "c 90 used 3"], 90, "c"],
  [
    "spares the more recently used of two where either would do",
    ["a 10 used 1", "b 10 used 2", "c 90 used 3"],
    95,
    "a c",
  ],
  ["spares what gives nothing back", ["a 0 used 1", "b 30 used 2"], 30, "b"],
];

describe("the choice of what is unloaded to make room", () => {
  it.each(CASES)("%s", (_what, versions, missingBytes, expected) => {
    const victims = chooseVictims(versions.map(idle), missingBytes);
    expect(victims === undefined ? "not enough" : victims.map(({ name }) => name).join(" ")).toBe(expected);
  });

  it("leaves out none that is needed, whatever there is", () => {
    for (let round = 0; round < 2_000; round++) {
      const versions = Array.from({ length: 1 + (round % 8) }, () => ({
        bytes: Math.floor(Math.random() * 20),
        lastUse: Math.random(),
      }));
      const missing = 1 + Math.floor(Math.random() * 60);
      const all = versions.reduce((sum, { bytes }) => sum + bytes, 0);
      const victims = chooseVictims(versions, missing);
      expect(victims === undefined).toBe(all < missing);
      const freed = (victims ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
      for (const { bytes } of victims ?? []) expect(freed - bytes).toBeLessThan(missing);
    }
  });
});
