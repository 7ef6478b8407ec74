import { PlinthError } from "@plinth/core";
import type { Caller } from "./caller.js";
import type { CodeOverrides } from "./status.js";

/** One gRPC service. Its methods take and give messages as bytes; they throw what is to be an error. */
export interface Service {
  /** As `tensorflow.serving.PredictionService`. */
  readonly name: string;
  /** By name, as `Predict`. */
  readonly methods: ReadonlyMap<string, Method>;
}

export type Method = UnaryMethod | ServerStreamMethod | DuplexMethod;

interface AnyMethod {
  readonly codes?: CodeOverrides;
}

export interface UnaryMethod extends AnyMethod {
  readonly kind: "unary";
  /** The request is the method's, and what it gives back the caller's. */
  answer(request: Buffer, caller: Caller): Uint8Array | Promise<Uint8Array>;
}

export interface ServerStreamMethod extends AnyMethod {
  readonly kind: "server-stream";
  /** The call ends with the last message. It is returned from where `caller.signal` aborts. */
  answer(request: Buffer, caller: Caller): AsyncIterable<Uint8Array>;
}

export interface DuplexMethod extends AnyMethod {
  readonly kind: "duplex";
  /** As of {@link ServerStreamMethod}; the requests end when the client has sent its last. */
  answer(requests: AsyncIterable<Buffer>, caller: Caller): AsyncIterable<Uint8Array>;
}

/** What ts-proto generates for a message. */
export interface MessageCodec<Message> {
  decode(bytes: Uint8Array): Message;
  encode(message: Message): { finish(): Uint8Array };
}

/** Longest request that is decoded by generated code, in bytes: it makes an object of each of its parts, however small. */
const MAX_DECODED_BYTES = 1 << 20;

/** A unary method over generated messages, for what asks little and seldom. */
export function unaryMethod<Request, Response>(
  {
    requestType,
    responseType,
  }: { readonly requestType: MessageCodec<Request>; readonly responseType: MessageCodec<Response> },
  answer: (request: Request, caller: Caller) => Response | Promise<Response>,
): UnaryMethod {
  return {
    kind: "unary",
    answer: async (request, caller) => {
      return responseType.encode(await answer(decodeMessage(requestType, request), caller)).finish();
    },
  };
}

/** @throws PlinthError `REQUEST_INVALID`, `REQUEST_TOO_LARGE` */
export function decodeMessage<Message>(codec: MessageCodec<Message>, bytes: Uint8Array): Message {
  if (bytes.length > MAX_DECODED_BYTES) {
    throw new PlinthError(
      "REQUEST_TOO_LARGE",
      `Expected a request of at most ${MAX_DECODED_BYTES} bytes for this method, got ${bytes.length}`,
    );
  }
  try {
    return codec.decode(bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PlinthError("REQUEST_INVALID", `The request is no protobuf message of its type: ${why}`, { cause });
  }
}
