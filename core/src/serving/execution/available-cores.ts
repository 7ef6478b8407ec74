import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * Cores that this process may really use: those that it may be scheduled on, and no more than its control group grants it. At
 * least 1.
 */
export function availableCores(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.round(grantedCores(readText))));
}

/**
 * What control groups grant, as a number of cores; `Infinity` where they set no bound. Version 2 tells it in `cpu.max` as quota and
 * period (https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu), version 1 in two files. The tightest group on the way up counts.
 */
export function grantedCores(read: (path: string) => string | undefined): number {
  const lines = (read("/proc/self/cgroup") ?? "").split("\n").map((line) => line.split(":"));
  const grants = lines.flatMap(([id, controllers = "", ...steps]) => {
    const path = steps.join(":");
    if (id === "0")
      return groupsUpFrom(path).map((group) => quotaOf(read(`/sys/fs/cgroup${group}/cpu.max`)?.split(" ")));
    if (!controllers.split(",").includes("cpu")) return [];
    return groupsUpFrom(path).map((group) =>
      quotaOf(["quota", "period"].map((name) => read(`/sys/fs/cgroup/cpu${group}/cpu.cfs_${name}_us`) ?? "")),
    );
  });
  return Math.min(Number.POSITIVE_INFINITY, ...grants);
}

/** `/a/b`, `/a` and the root, as which a container sees its own group. */
function groupsUpFrom(path: string): readonly string[] {
  const steps = path.split("/").filter((step) => step !== "" && step !== "..");
  return [...steps.keys(), steps.length].map((length) =>
    steps
      .slice(0, length)
      .map((step) => `/${step}`)
      .join(""),
  );
}

function quotaOf([quota, period]: readonly (string | undefined)[] = []): number {
  const cores = Number(quota) / Number(period);
  return cores > 0 ? cores : Number.POSITIVE_INFINITY;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
