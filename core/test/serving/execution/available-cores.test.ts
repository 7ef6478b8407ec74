import { describe, expect, test } from "vitest";
import { availableCores, grantedCores } from "../../../src/serving/execution/available-cores.js";

describe("what control groups grant", () => {
  test.each<[string, Record<string, string>, number]>([
    ["nothing is known", {}, Number.POSITIVE_INFINITY],
    ["version 2 sets no bound", { "/proc/self/cgroup": "0::/a", "/sys/fs/cgroup/a/cpu.max": "max 100000" }, Infinity],
    ["version 2 sets one", { "/proc/self/cgroup": "0::/a", "/sys/fs/cgroup/a/cpu.max": "150000 100000" }, 1.5],
    ["a container sees only its own", { "/proc/self/cgroup": "0::/", "/sys/fs/cgroup/cpu.max": "200000 100000" }, 2],
    [
      "groups above set a tighter one",
      {
        "/proc/self/cgroup": "0::/a/b/c",
        "/sys/fs/cgroup/a/cpu.max": "100000 100000",
        "/sys/fs/cgroup/a/b/cpu.max": "max 100000",
        "/sys/fs/cgroup/a/b/c/cpu.max": "400000 100000",
      },
      1,
    ],
    [
      "a group's name holds a colon",
      { "/proc/self/cgroup": "0::/pod:cri:1", "/sys/fs/cgroup/pod:cri:1/cpu.max": "300000 100000" },
      3,
    ],
    [
      "version 1 sets one",
      {
        "/proc/self/cgroup": "12:memory:/a\n4:cpu,cpuacct:/a\n",
        "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "250000",
        "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000",
      },
      2.5,
    ],
    [
      "version 1 sets no bound",
      {
        "/proc/self/cgroup": "4:cpu:/",
        "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
        "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
      },
      Infinity,
    ],
    [
      "both are there",
      {
        "/proc/self/cgroup": "4:cpu:/a\n0::/a",
        "/sys/fs/cgroup/a/cpu.max": "400000 100000",
        "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000",
        "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
      },
      3,
    ],
    ["it is no number", { "/proc/self/cgroup": "0::/", "/sys/fs/cgroup/cpu.max": "many few" }, Infinity],
  ])("where %s", (_, files, cores) => {
    expect(grantedCores((path) => files[path])).toBe(cores);
  });
});

test("there is always a whole core", () => {
  expect(availableCores()).toBeGreaterThanOrEqual(1);
  expect(Number.isInteger(availableCores())).toBe(true);
});
