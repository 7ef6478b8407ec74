import type { ModelDirectory } from "./routing/route-request.js";
import type { ServableMap } from "./routing/servable-map.js";

/** What requests see of the models: those of this process's own catalogue, or of the one that it follows. */
export interface ServedModels extends ModelDirectory {
  /** What is in service now. */
  readonly servables: ServableMap;
  /** Why models that are to be served have no available version, by name. */
  unavailable(): ReadonlyMap<string, string>;
  /** As `ModelServer.watch`. */
  watch(changed: () => void): Disposable;
}
