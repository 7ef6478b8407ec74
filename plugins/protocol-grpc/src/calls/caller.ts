import type { Metadata } from "@grpc/grpc-js";
import { checkManager, isLoopbackAddress, type RequestOrigin, requestOrigin, requestPriority } from "@plinth/core";

/** Names of metadata that gRPC allows; asking it for another one throws. */
const METADATA_NAME = /^[0-9a-z_.-]+$/;

/** What grpc-js calls the other end of a connection that has no address. */
const NO_ADDRESS = "unknown";

const PROXY_HEADERS = ["forwarded", "x-forwarded-for"];

/** What is known of a call beside its message. */
export interface CallFacts {
  readonly metadata: Metadata;
  /** On the clock of `performance.now()`, as {@link deadlineMs}. */
  readonly receivedAtMs: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Address and port of the other end, where it has one; asked only where somebody wants to know. */
  readonly peer: () => string;
}

/** Who made a call, and until when he waits for the answer. */
export class Caller {
  /** On the clock of `performance.now()`: the sooner of the client's own deadline and `server.limits.inferenceTimeoutMs`. */
  readonly deadlineMs: number;
  /** Aborts when the client cancels the call, goes away, or its deadline passes. */
  readonly signal: AbortSignal;
  /** What the client sent beside the request, by lower-case name; for `ModelTarget.header`. */
  readonly header: (name: string) => string | undefined;
  readonly #facts: CallFacts;

  constructor(facts: CallFacts) {
    const { metadata, deadlineMs, signal } = facts;
    this.#facts = facts;
    this.deadlineMs = deadlineMs;
    this.signal = signal;
    this.header = (name) => (METADATA_NAME.test(name) ? metadata.get(name)[0]?.toString() : undefined);
  }

  /** Whether the call comes from a program on this machine and through no proxy: over a loopback address, or a unix socket. */
  get isLocal(): boolean {
    if (PROXY_HEADERS.some((name) => this.header(name) !== undefined)) return false;
    const peer = this.#facts.peer();
    return peer === NO_ADDRESS || isLoopbackAddress(peer.replace(/:[0-9]+$/, ""));
  }

  /** For `InferCall.priority`. */
  get priority(): number | undefined {
    return requestPriority(this.header("priority"));
  }

  /**
   * Lets through who may manage the server.
   *
   * @param tokens as {@link ServerSettings.managementTokens}
   * @throws PlinthError as {@link checkManager}
   */
  checkManages(tokens: ReadonlyMap<string, string>): void {
    checkManager(tokens, { authorization: this.header("authorization"), isLocal: () => this.isLocal });
  }

  /** The same caller with one of the requests that come over a stream, which has `limitMs` to be answered. */
  withRequest(receivedAtMs: number, limitMs: number): Caller {
    return new Caller({ ...this.#facts, receivedAtMs, deadlineMs: Math.min(this.deadlineMs, receivedAtMs + limitMs) });
  }

  /** For monitors. `method` is one of a few words, as `predict`. */
  origin(method: string): RequestOrigin {
    return requestOrigin({ protocol: "grpc", method, receivedAtMs: this.#facts.receivedAtMs }, this.header);
  }
}
