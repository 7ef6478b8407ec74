import type { LoadedModel } from "../../extension-points/backend.js";

/**
 * A model that is loaded, at the places where it runs: on this thread, or as instances in worker threads or child processes. What
 * calls {@link run} holds back what is more than {@link slots}.
 */
export interface ExecutedModel extends LoadedModel {
  /**
   * Runs that make sense to have under way at the same time now; further ones would wait inside, where neither a deadline nor a
   * cancellation reaches them. 0 while every instance is down. `Infinity`: each run is done when {@link run} returns, so that
   * nothing ever waits.
   */
  readonly slots: number;

  /** Has `changed` called whenever {@link slots} has become more. One listener at most. */
  onMoreSlots(changed: () => void): void;
}
