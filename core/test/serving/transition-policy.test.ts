import { describe, expect, it } from "vitest";
import type { VersionState } from "../../src/index.js";
import {
  availabilityPreserving,
  resourcePreserving,
  type VersionSnapshot,
} from "../../src/serving/lifecycle/transition-policy.js";

/**
 * `"3 available wanted"` and `"3 available"`. The states of TensorFlow Serving's tables in Plinth's words: New is start, everything
 * from UnloadRequested to Unloading is unloading, Ready is available, Disabled is end.
 */
function snapshot(line: string): VersionSnapshot {
  const [version = "", state = "", aspired] = line.split(" ");
  return { version: BigInt(version), state: state as VersionState, aspired: aspired === "wanted" };
}

type Case = readonly [id: string, versions: readonly string[], action: string];

const AVAILABILITY_PRESERVING: readonly Case[] = [
  [
    "L01 loads the newest wanted",
    ["1 unloading", "2 error", "3 available wanted", "4 start wanted", "5 start wanted"],
    "load 5",
  ],
  [
    "L02 unloads what is not wanted first",
    ["1 unloading", "2 error", "3 available", "4 available wanted", "5 start wanted"],
    "unload 3",
  ],
  ["L03 unloads when nothing is wanted", ["1 end", "2 available", "3 error"], "unload 2"],
  [
    "L04 has nothing to do",
    ["1 available wanted", "2 error wanted", "3 loading wanted", "4 unloading", "5 end"],
    "nothing",
  ],
  ["L05 keeps the last one while its successor loads", ["1 available", "2 loading wanted"], "nothing"],
  ["L06 keeps the last one when its successor failed", ["1 available", "2 error wanted"], "nothing"],
  [
    "L07 unloads once another wanted one is there",
    ["1 available", "2 loading wanted", "3 available wanted"],
    "unload 1",
  ],
  ["L08 does so beside a failed one too", ["1 available", "2 error wanted", "3 available wanted"], "unload 1"],
  [
    "L09 unloads the lowest of two that are left",
    ["2 available", "1 available", "3 error wanted", "4 loading wanted"],
    "unload 1",
  ],
  ["starts from nothing", ["1 start wanted"], "load 1"],
  ["has nothing to say about no versions", [], "nothing"],
];

const RESOURCE_PRESERVING: readonly Case[] = [
  [
    "L10 unloads the lowest that is not wanted",
    ["1 unloading", "2 available wanted", "3 available", "4 start wanted", "5 available"],
    "unload 3",
  ],
  [
    "L11 loads the newest wanted when there is nothing to unload",
    ["1 available wanted", "2 loading wanted", "3 start wanted", "4 end", "5 start wanted"],
    "load 5",
  ],
  [
    "L12 has nothing to do",
    ["1 available wanted", "2 error wanted", "3 loading wanted", "4 unloading", "5 end"],
    "nothing",
  ],
  ["L13 does not load while others still unload", ["1 unloading", "2 start wanted"], "nothing"],
  ["L14 loads beside one that failed and is not wanted", ["1 error", "2 start wanted"], "load 2"],
  ["L15 waits for the unload beside a failed one", ["1 error", "2 unloading", "3 start wanted"], "nothing"],
  ["L16 loads beside failed and ended ones", ["1 error", "2 end", "3 start wanted"], "load 3"],
  ["waits for a load that is being given up", ["1 loading", "2 start wanted"], "nothing"],
  ["unloads the last one though nothing else is there", ["1 available", "2 start wanted"], "unload 1"],
  ["has nothing to say about no versions", [], "nothing"],
];

describe("availability-preserving transition policy", () => {
  it.each(AVAILABILITY_PRESERVING)("%s", (_id, versions, expected) => {
    const action = availabilityPreserving(versions.map(snapshot));
    expect(action === undefined ? "nothing" : `${action.kind} ${action.version}`).toBe(expected);
  });
});

describe("resource-preserving transition policy", () => {
  it.each(RESOURCE_PRESERVING)("%s", (_id, versions, expected) => {
    const action = resourcePreserving(versions.map(snapshot));
    expect(action === undefined ? "nothing" : `${action.kind} ${action.version}`).toBe(expected);
  });
});
