import { type ModelVersion, newestFirst } from "../../model/model-version.js";
import type { VersionState } from "../../model/version-state.js";

/** One version of a model, as a transition policy sees it. */
export interface VersionSnapshot {
  readonly version: ModelVersion;
  readonly state: VersionState;
  /** Whether the version policy asks for it. */
  readonly aspired: boolean;
}

/** What to do next for a model. */
export interface VersionAction {
  readonly kind: "load" | "unload";
  readonly version: ModelVersion;
}

/**
 * Decides the next step of one model; asked again after each, until it has no more to say. Versions come once each, in any
 * order.
 */
export type TransitionPolicy = (versions: readonly VersionSnapshot[]) => VersionAction | undefined;

/**
 * Never goes without an available version while any version is wanted (after TensorFlow Serving's policy of that name): the
 * highest wanted version loads first, and the lowest unwanted one goes only when a wanted one has taken over, when another
 * unwanted one still answers, or when nothing is wanted at all.
 */
export const availabilityPreserving: TransitionPolicy = (versions) => {
  const ordered = versions.toSorted((left, right) => newestFirst(left.version, right.version));
  const aspired = ordered.filter((version) => version.aspired);
  const leaving = ordered.filter((version) => !version.aspired && version.state === "available");
  const replaced = aspired.length === 0 || aspired.some((version) => version.state === "available");

  const lowestLeaving = leaving.at(-1);
  const canGo = replaced || leaving.length > 1;
  if (canGo && lowestLeaving !== undefined) return { kind: "unload", version: lowestLeaving.version };

  const highestLoadable = aspired.find((version) => version.state === "start");
  return highestLoadable === undefined ? undefined : { kind: "load", version: highestLoadable.version };
};

/**
 * Never has more versions in memory than are wanted (after TensorFlow Serving's policy of that name): what is no longer wanted
 * goes first, the lowest version before the others, and only when all of it is gone is the highest wanted version loaded. For models
 * that do not fit into memory twice; requests in between are refused.
 */
export const resourcePreserving: TransitionPolicy = (versions) => {
  const ordered = versions.toSorted((left, right) => newestFirst(left.version, right.version));
  const unwanted = ordered.filter((version) => !version.aspired);

  const lowestLeaving = unwanted.filter((version) => version.state === "available").at(-1);
  if (lowestLeaving !== undefined) return { kind: "unload", version: lowestLeaving.version };
  if (unwanted.some(({ state }) => state !== "end" && state !== "error")) return undefined;

  const highestLoadable = ordered.find((version) => version.aspired && version.state === "start");
  return highestLoadable === undefined ? undefined : { kind: "load", version: highestLoadable.version };
};
