import type { ServerEvent } from "../../extension-points/monitor.js";
import { type PackedError, packError, unpackError } from "../execution/worker/packed-error.js";
import { type PackedTensors, packTensors, unpackTensors } from "../execution/worker/packed-tensors.js";

const NO_TENSORS = { inputs: new Map(), outputs: undefined };

/** A {@link ServerEvent} that can be cloned. */
export interface PackedEvent {
  /** The event, without its error and its tensors. */
  readonly event: ServerEvent;
  readonly error?: PackedError | undefined;
  readonly inputs?: PackedTensors | undefined;
  readonly outputs?: PackedTensors | undefined;
}

/** What is packed is a copy, so that what becomes of the tensors does not matter. */
export function packEvent(event: ServerEvent): PackedEvent {
  const error = "error" in event ? event.error : undefined;
  const sample = event.type === "request-finished" ? event.sample : undefined;
  if (error === undefined && sample === undefined) return { event };
  return {
    event: { ...event, error: undefined, ...(sample && { sample: { ...sample, ...NO_TENSORS } }) } as ServerEvent,
    error: error && packError(error),
    inputs: sample && packTensors(sample.inputs),
    outputs: sample?.outputs && packTensors(sample.outputs),
  };
}

export function unpackEvent({ event, error, inputs, outputs }: PackedEvent): ServerEvent {
  if (error === undefined && inputs === undefined) return event;
  const sample = event.type === "request-finished" ? event.sample : undefined;
  return {
    ...event,
    ...(error && { error: unpackError(error) }),
    ...(sample &&
      inputs && {
        sample: { ...sample, inputs: unpackTensors(inputs), outputs: outputs && unpackTensors(outputs) },
      }),
  } as ServerEvent;
}
