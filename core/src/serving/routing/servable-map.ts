import type { ModelVersion } from "../../model/model-version.js";
import type { Outage } from "../execution/executed-model.js";
import { Servable } from "../execution/servable.js";
import type { TrafficTable } from "./traffic-table.js";

/** How long a request waits for a version to be loaded. */
export interface Patience {
  /** On the clock of `performance.now()`. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A version that is not in memory and that a request has loaded. */
export interface VersionOnDemand {
  readonly model: string;
  readonly version: ModelVersion;

  /**
   * Has it loaded and waits for that.
   *
   * @returns the servable, held for the caller, who releases it; `undefined` where it was not loaded, so that the request is to be
   * routed anew and is told why, or answered by another version.
   * @throws PlinthError `DEADLINE_EXCEEDED`, `CANCELLED`; `QUEUE_FULL` where too many wait already.
   */
  load(patience: Patience): Promise<Servable | undefined>;
}

/** A version to which requests may go. */
export type AnsweringVersion = Servable | VersionOnDemand;

/** What is in service: never changed, only replaced as a whole, so that a request sees one state of it. */
export type ServableMap = ReadonlyMap<string, ServedModel>;

/** The versions of one model to which requests may go, at least one. */
export interface ServedModel {
  readonly versions: ReadonlyMap<ModelVersion, AnsweringVersion>;
  /** The newest of them, but while a version in memory waits for its heir: that one. */
  readonly newest: AnsweringVersion;
  /** `undefined`: {@link newest} gets all that names none. */
  readonly traffic: TrafficTable | undefined;
}

/** Makes a model's traffic table out of what answers; `undefined` where it has no rules. */
export type TrafficOf = (answering: Omit<ServedModel, "traffic">) => TrafficTable | undefined;

/** The map with one model's versions replaced, of which the first is the {@link ServedModel.newest}; none takes the model out. */
export function withModel(
  map: ServableMap,
  model: string,
  answering: readonly AnsweringVersion[],
  trafficOf: TrafficOf,
): ServableMap {
  const next = new Map(map);
  const [newest] = answering;
  if (newest === undefined) next.delete(model);
  else {
    const versions = new Map(answering.map((each) => [each.version, each]));
    next.set(model, { versions, newest, traffic: trafficOf({ versions, newest }) });
  }
  return next;
}

/** Whether any version of any model is in memory. */
export function isAnyLoaded(map: ServableMap): boolean {
  return [...map.values()].some(({ versions }) => [...versions.values()].some((each) => each instanceof Servable));
}

/** Why a model cannot run though it is in service: no instance of any of its versions is up. */
export function outageOf(served: ServedModel | undefined): Outage | undefined {
  const answering = [...(served?.versions.values() ?? [])];
  const outages = answering.map((each) => (each instanceof Servable ? each.outage : undefined));
  return outages.includes(undefined) ? undefined : outages[0];
}
