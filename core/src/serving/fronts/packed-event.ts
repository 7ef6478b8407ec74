import type { ServerEvent } from "../../extension-points/monitor.js";
import { type PackedError, packError, unpackError } from "../execution/worker/packed-error.js";

/** A {@link ServerEvent} that can be cloned. */
export interface PackedEvent {
  /** The event, without its error. */
  readonly event: ServerEvent;
  readonly error: PackedError | undefined;
}

export function packEvent(event: ServerEvent): PackedEvent {
  if (!("error" in event) || event.error === undefined) return { event, error: undefined };
  return { event: { ...event, error: undefined } as ServerEvent, error: packError(event.error) };
}

export function unpackEvent({ event, error }: PackedEvent): ServerEvent {
  return error === undefined ? event : ({ ...event, error: unpackError(error) } as ServerEvent);
}
