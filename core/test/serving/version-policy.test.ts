import { describe, expect, it } from "vitest";
import type { VersionPolicy } from "../../src/extension-points/deployments.js";
import { aspiredVersions, DEFAULT_VERSION_POLICY } from "../../src/serving/lifecycle/version-policy.js";

const EXISTING = [17n, 42n, 21n, 33n, 30n];

describe("version policy", () => {
  it.each<[string, VersionPolicy, bigint[]]>([
    ["takes the newest by default", DEFAULT_VERSION_POLICY, [42n]],
    ["takes the n newest, newest first", { kind: "latest", count: 3 }, [42n, 33n, 30n]],
    ["takes all that there are if n is larger", { kind: "latest", count: 9 }, [42n, 33n, 30n, 21n, 17n]],
    ["takes all", { kind: "all" }, [42n, 33n, 30n, 21n, 17n]],
    ["takes specific ones as far as they exist", { kind: "specific", versions: [17n, 30n, 99n] }, [30n, 17n]],
    ["takes none where none is named", { kind: "specific", versions: [] }, []],
  ])("%s", (_behaviour, policy, expected) => {
    expect(aspiredVersions(policy, EXISTING)).toEqual(expected);
  });

  it("counts a version that is listed twice once", () => {
    expect(aspiredVersions({ kind: "latest", count: 2 }, [1n, 2n, 2n])).toEqual([2n, 1n]);
  });

  it("orders versions past 2^53 exactly", () => {
    expect(aspiredVersions(DEFAULT_VERSION_POLICY, [9007199254740992n, 9007199254740993n])).toEqual([
      9007199254740993n,
    ]);
  });
});
