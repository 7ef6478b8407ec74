import type { EventEmitter } from "node:events";
import type {
  Server,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  StatusObject,
  sendUnaryData,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { type Logger, PlinthError, type ServerLimits } from "@plinth/core";
import { Caller } from "./caller.js";
import type { DuplexMethod, Method, ServerStreamMethod, Service, UnaryMethod } from "./service.js";
import { statusOf } from "./status.js";

/** What answering any call needs. */
export interface CallSurroundings {
  readonly limits: ServerLimits;
  readonly logger: Logger;
}

type AnyCall =
  | ServerUnaryCall<Buffer, Uint8Array>
  | ServerWritableStream<Buffer, Uint8Array>
  | ServerDuplexStream<Buffer, Uint8Array>;

/** Has grpc-js answer a service's methods. Messages pass through it as bytes, so that what is wrong with them is told by whoever reads them. */
export function addService(server: Server, service: Service, surroundings: CallSurroundings): void {
  const methods = [...service.methods].map(([name, method]) => [
    name,
    definitionOf(`/${service.name}/${name}`, method),
  ]);
  const handlers: UntypedServiceImplementation = {};
  for (const [name, method] of service.methods) {
    handlers[name] = new Answering(`${service.name}/${name}`, method, surroundings).handler();
  }
  server.addService(Object.fromEntries(methods), handlers);
}

function definitionOf(path: string, { kind }: Method) {
  return {
    path,
    requestStream: kind === "duplex",
    responseStream: kind !== "unary",
    requestSerialize: asBuffer,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: asBuffer,
    responseDeserialize: (bytes: Buffer) => bytes,
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Calls of one method. */
class Answering {
  readonly #name: string;
  readonly #method: Method;
  readonly #surroundings: CallSurroundings;

  constructor(name: string, method: Method, surroundings: CallSurroundings) {
    this.#name = name;
    this.#method = method;
    this.#surroundings = surroundings;
  }

  handler(): UntypedHandleCall {
    const method = this.#method;
    switch (method.kind) {
      case "unary":
        return (call: ServerUnaryCall<Buffer, Uint8Array>, send: sendUnaryData<Uint8Array>) =>
          void this.#unary(method, call, send);
      case "server-stream":
        return (call: ServerWritableStream<Buffer, Uint8Array>) => void this.#serverStream(method, call);
      case "duplex":
        return (call: ServerDuplexStream<Buffer, Uint8Array>) => void this.#duplex(method, call);
    }
  }

  async #unary(
    method: UnaryMethod,
    call: ServerUnaryCall<Buffer, Uint8Array>,
    send: sendUnaryData<Uint8Array>,
  ): Promise<void> {
    try {
      send(null, await method.answer(call.request, this.#callerOf(call)));
    } catch (thrown) {
      send(this.#statusOf(thrown));
    }
  }

  async #serverStream(method: ServerStreamMethod, call: ServerWritableStream<Buffer, Uint8Array>): Promise<void> {
    const caller = this.#callerOf(call);
    await this.#stream(call, caller, () => method.answer(call.request, caller));
  }

  async #duplex(method: DuplexMethod, call: ServerDuplexStream<Buffer, Uint8Array>): Promise<void> {
    const caller = this.#callerOf(call);
    await this.#stream(call, caller, () => method.answer(call, caller));
  }

  /** A client that does not read its messages has the next one wait. */
  async #stream(
    call: ServerWritableStream<Buffer, Uint8Array> | ServerDuplexStream<Buffer, Uint8Array>,
    { signal }: Caller,
    answer: () => AsyncIterable<Uint8Array>,
  ): Promise<void> {
    try {
      for await (const message of answer()) {
        if (signal.aborted) break;
        if (!call.write(message)) await drained(call, signal);
      }
      call.end();
    } catch (thrown) {
      call.emit("error", this.#statusOf(thrown));
    }
  }

  #callerOf(call: AnyCall): Caller {
    const nowMs = performance.now();
    const limitMs = nowMs + this.#surroundings.limits.inferenceTimeoutMs;
    const deadline = call.getDeadline();
    const deadlineMs =
      deadline === Number.POSITIVE_INFINITY ? limitMs : Math.min(limitMs, nowMs + Number(deadline) - Date.now());
    const gone = new AbortController();
    (call as EventEmitter).once("cancelled", () => gone.abort());
    return new Caller(call.metadata, deadlineMs, gone.signal, /^(127\.|\[?::1)/.test(call.getPeer()));
  }

  #statusOf(thrown: unknown): StatusObject {
    const error = PlinthError.from(thrown);
    if (error.code === "INTERNAL") this.#surroundings.logger.error(`${this.#name} failed`, { error });
    return statusOf(error, this.#method.codes);
  }
}

function drained(call: EventEmitter, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    call.once("drain", done);
    signal.addEventListener("abort", done);
  });
}
