import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";
import { PlinthError } from "@plinth/core";
import type { Answering } from "./answering.js";
import { Caller } from "./caller.js";
import type { UnaryMethod } from "./service.js";

type Listener = Parameters<ServerInterceptingCallInterface["start"]>[0];

/**
 * A unary call, answered right from grpc-js's events and not by one of its handlers: those get a stream for each call, and the status is
 * sent only once the message has been. What it saves is more than the codec and the server take.
 */
export class UnaryCall extends ServerInterceptingCall implements Listener {
  readonly #call: ServerInterceptingCallInterface;
  readonly #answering: Answering<UnaryMethod>;
  #caller: Caller | undefined;
  #gone: AbortController | undefined;
  #request: Buffer | undefined;
  #isAnswered = false;

  constructor(call: ServerInterceptingCallInterface, answering: Answering<UnaryMethod>) {
    super(call);
    this.#call = call;
    this.#answering = answering;
  }

  override start(): void {
    this.#call.start(this);
  }

  onReceiveMetadata(metadata: Metadata): void {
    const { arrivals, limits, signals } = this.#answering.surroundings;
    const nowMs = performance.now();
    this.#gone = signals.take();
    this.#caller = new Caller({
      metadata,
      receivedAtMs: nowMs,
      deadlineMs: deadlineOf(this.#call, nowMs, limits.inferenceTimeoutMs),
      signal: this.#gone.signal,
      peer: () => this.#call.getPeer(),
    });
    arrivals.add(this, nowMs);
    this.#call.startRead();
  }

  onReceiveMessage(message: Buffer): void {
    if (this.#request === undefined) {
      this.#request = message;
      this.#call.startRead();
    } else this.fail(wrongCount("more"));
  }

  onReceiveHalfClose(): void {
    this.#answering.surroundings.arrivals.remove(this);
    if (this.#request === undefined || this.#caller === undefined) this.fail(wrongCount("none"));
    else void this.#answer(this.#request, this.#caller);
  }

  /** Also comes after every answer. */
  onCancel(): void {
    this.#answering.surroundings.arrivals.remove(this);
    if (!this.#isAnswered) this.#gone?.abort();
  }

  /** Ends the call with an error, unless it has ended. */
  fail(thrown: unknown): void {
    if (this.#isAnswered) return;
    const answer = this.#answering.statusOf(thrown);
    this.#end();
    this.#call.sendStatus(answer);
  }

  async #answer(request: Buffer, caller: Caller): Promise<void> {
    try {
      const message = await this.#answering.method.answer(request, caller);
      if (this.#isAnswered) return;
      this.#end();
      this.#call.sendMessage(message, nothing);
      this.#call.sendStatus(OK);
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  #end(): void {
    this.#isAnswered = true;
    if (this.#gone !== undefined) this.#answering.surroundings.signals.giveBack(this.#gone);
  }
}

const OK = { code: status.OK, details: "OK" };

function nothing(): void {}

/** On the clock of `performance.now()`; grpc-js has it on that of `Date.now()`. */
function deadlineOf(call: ServerInterceptingCallInterface, nowMs: number, limitMs: number): number {
  const deadline = call.getDeadline();
  if (deadline === Number.POSITIVE_INFINITY) return nowMs + limitMs;
  return nowMs + Math.min(limitMs, Number(deadline) - Date.now());
}

function wrongCount(got: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", `Expected one message, got ${got}`);
}
