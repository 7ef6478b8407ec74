import { newestFirst } from "../../model/model-version.js";
import type { VersionSnapshot } from "./transition-policy.js";

/**
 * Of a lazy model: the version that is to take over from one in memory that is not wanted any more. It is loaded without being
 * asked for, while the old one answers; so nobody waits for it, and where it cannot be loaded, nothing is lost.
 */
export function heirOf<T extends VersionSnapshot>(versions: readonly T[]): T | undefined {
  const available = versions.filter(({ state }) => state === "available");
  if (available.length === 0 || available.some(({ aspired }) => aspired)) return undefined;
  return versions
    .filter(({ aspired, state }) => aspired && (state === "start" || state === "loading"))
    .sort((left, right) => newestFirst(left.version, right.version))[0];
}
