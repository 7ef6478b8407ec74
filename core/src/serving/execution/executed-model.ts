import type { LoadedModel, RunCall } from "../../extension-points/backend.js";
import type { PlinthError } from "../../model/errors.js";
import type { NamedTensors } from "../../model/tensor.js";

/** {@link LoadedModel.maxStreams} of a model that does not say. */
export const DEFAULT_MAX_STREAMS = 16;

/**
 * A model that is loaded, at the places where it runs: on this thread, or as instances in worker threads or child processes. What
 * calls {@link run} holds back what is more than {@link slots}. Runs in workers are not told of `signal`.
 */
export interface ExecutedModel extends Omit<LoadedModel, "warmUp" | "stream" | "maxStreams"> {
  /**
   * Runs that make sense to have under way at the same time now; further ones would wait inside, where neither a deadline nor a
   * cancellation reaches them. 0 while every instance is down. `Infinity`: each run is done when {@link run} returns, so that
   * nothing ever waits.
   */
  readonly slots: number;

  /** Streams that it answers at the same time now; further ones are to be held back. 0 while every instance is down. */
  readonly streamSlots: number;

  /** As {@link LoadedModel.stream}; called for signatures that stream. The call has a signal. */
  stream(call: RunCall): AsyncIterable<NamedTensors>;

  /** `undefined` while an instance is up. */
  readonly outage: Outage | undefined;

  /** Has `changed` called whenever {@link slots}, {@link streamSlots} or {@link outage} have changed. */
  onChange(changed: () => void): void;
}

/** What the queue before a model needs of it. */
export type QueuedModel = Pick<ExecutedModel, "run" | "slots" | "outage" | "onChange">;

/** Whether any of a model's signatures answers with streams. */
export function streams({ signatures }: Pick<LoadedModel, "signatures">): boolean {
  return [...signatures.values()].some((signature) => signature.streams !== undefined);
}

/** No instance of a model is up. */
export interface Outage {
  readonly error: PlinthError;
  /** Whether an instance that should replace them has failed as well, so that waiting is of little use. */
  readonly isLasting: boolean;
}
