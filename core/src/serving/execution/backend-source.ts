import type { Backend } from "../../extension-points/backend.js";

/** A backend as it was made here, and what workers make their own of. */
export interface BackendSource {
  readonly backend: Backend;
  /** `undefined` where it cannot be made a second time. */
  readonly recipe: WorkerRecipe | undefined;
}

export interface WorkerRecipe {
  /** The module that a worker begins with; it listens as a `WorkerHost`. */
  readonly entry: URL;
  /** What that module makes the backend of; can be cloned. */
  readonly data: unknown;
}
