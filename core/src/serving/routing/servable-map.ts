import type { ModelVersion } from "../../model/model-version.js";
import type { Servable } from "../execution/servable.js";
import type { TrafficTable } from "./traffic-table.js";

/** What is in service: never changed, only replaced as a whole, so that a request sees one state of it. */
export type ServableMap = ReadonlyMap<string, ServedModel>;

/** The available versions of one model, at least one. */
export interface ServedModel {
  readonly versions: ReadonlyMap<ModelVersion, Servable>;
  readonly newest: Servable;
  /** `undefined`: the newest version gets all that names none. */
  readonly traffic: TrafficTable | undefined;
}

/** Makes a model's traffic table out of what is available; `undefined` where it has no rules. */
export type TrafficOf = (available: Omit<ServedModel, "traffic">) => TrafficTable | undefined;

/** The map with one model's available versions replaced; none takes the model out. */
export function withModel(
  map: ServableMap,
  model: string,
  servables: readonly Servable[],
  trafficOf: TrafficOf,
): ServableMap {
  const next = new Map(map);
  const [first, ...rest] = servables;
  if (first === undefined) next.delete(model);
  else {
    const versions = new Map(servables.map((servable) => [servable.version, servable]));
    const newest = rest.reduce((highest, servable) => (servable.version > highest.version ? servable : highest), first);
    next.set(model, { versions, newest, traffic: trafficOf({ versions, newest }) });
  }
  return next;
}
