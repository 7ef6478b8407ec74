import type { LoadedModel } from "../../extension-points/backend.js";
import type { PlinthError } from "../../model/errors.js";

/**
 * A model that is loaded, at the places where it runs: on this thread, or as instances in worker threads or child processes. What
 * calls {@link run} holds back what is more than {@link slots}. Runs in workers are not told of `signal`.
 */
export interface ExecutedModel extends Omit<LoadedModel, "warmUp"> {
  /**
   * Runs that make sense to have under way at the same time now; further ones would wait inside, where neither a deadline nor a
   * cancellation reaches them. 0 while every instance is down. `Infinity`: each run is done when {@link run} returns, so that
   * nothing ever waits.
   */
  readonly slots: number;

  /** `undefined` while an instance is up. */
  readonly outage: Outage | undefined;

  /** Has `changed` called whenever {@link slots} or {@link outage} have changed. One listener at most. */
  onChange(changed: () => void): void;
}

/** No instance of a model is up. */
export interface Outage {
  readonly error: PlinthError;
  /** Whether an instance that should replace them has failed as well, so that waiting is of little use. */
  readonly isLasting: boolean;
}
