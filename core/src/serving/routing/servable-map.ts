import type { ModelVersion } from "../../model/model-version.js";
import type { Servable } from "../execution/servable.js";

/** What is in service: never changed, only replaced as a whole, so that a request sees one state of it. */
export type ServableMap = ReadonlyMap<string, ServedModel>;

/** The available versions of one model, at least one. */
export interface ServedModel {
  readonly versions: ReadonlyMap<ModelVersion, Servable>;
  readonly newest: Servable;
}

/** The map with one model's available versions replaced; none takes the model out. */
export function withModel(map: ServableMap, model: string, servables: readonly Servable[]): ServableMap {
  const next = new Map(map);
  const [first, ...rest] = servables;
  if (first === undefined) next.delete(model);
  else {
    next.set(model, {
      versions: new Map(servables.map((servable) => [servable.version, servable])),
      newest: rest.reduce((newest, servable) => (servable.version > newest.version ? servable : newest), first),
    });
  }
  return next;
}
