import type { Backend } from "../../extension-points/backend.js";
import type { OpenWorker } from "./worker/worker-channel.js";

/** A backend as it was made here, and what workers make their own of. */
export interface BackendSource {
  readonly backend: Backend;
  /** `undefined` where it cannot be made a second time. */
  readonly recipe: WorkerRecipe | undefined;
}

/** Both kinds of workers listen as a `WorkerHost`. */
export interface WorkerRecipe {
  readonly threads: OpenWorker;
  readonly processes: OpenWorker;
  /** What a worker makes the backend of; can be cloned. */
  readonly data: unknown;
}
