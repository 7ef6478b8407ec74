import type { Metadata } from "@grpc/grpc-js";
import type { RequestOrigin } from "@plinth/core";

/** Longest that is passed on of what the client says of itself, in characters. */
const MAX_REQUEST_ID_LENGTH = 128;
const MAX_TRACEPARENT_LENGTH = 128;
const MAX_TRACESTATE_LENGTH = 512;

/** Names of metadata that gRPC allows; asking it for another one throws. */
const METADATA_NAME = /^[0-9a-z_.-]+$/;

/** Who made a call, and until when he waits for the answer. */
export class Caller {
  /** On the clock of `performance.now()`: the sooner of the client's own deadline and `server.limits.inferenceTimeoutMs`. */
  readonly deadlineMs: number;
  /** Aborts when the client cancels the call, goes away, or its deadline passes. */
  readonly signal: AbortSignal;
  /** What the client sent beside the request, by lower-case name; for `ModelTarget.header`. */
  readonly header: (name: string) => string | undefined;

  /** Whether the call comes from a program on this machine. */
  readonly isLocal: boolean;

  constructor(metadata: Metadata, deadlineMs: number, signal: AbortSignal, isLocal: boolean) {
    this.deadlineMs = deadlineMs;
    this.signal = signal;
    this.isLocal = isLocal;
    this.header = (name) => (METADATA_NAME.test(name) ? metadata.get(name)[0]?.toString() : undefined);
  }

  get origin(): RequestOrigin {
    return {
      protocol: "grpc",
      requestId: this.header("x-request-id")?.slice(0, MAX_REQUEST_ID_LENGTH),
      traceparent: this.header("traceparent")?.slice(0, MAX_TRACEPARENT_LENGTH),
      tracestate: this.header("tracestate")?.slice(0, MAX_TRACESTATE_LENGTH),
    };
  }
}
