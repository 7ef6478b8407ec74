import type { EventEmitter } from "node:events";
import type { ServerDuplexStream, ServerWritableStream } from "@grpc/grpc-js";
import type { Answering } from "./answering.js";
import { Caller } from "./caller.js";
import type { DuplexMethod, ServerStreamMethod } from "./service.js";

type StreamCall = ServerWritableStream<Buffer, Uint8Array> | ServerDuplexStream<Buffer, Uint8Array>;

/** Answers one request with messages, each when the client has taken the one before. */
export async function answerWithStream(
  answering: Answering<ServerStreamMethod>,
  call: ServerWritableStream<Buffer, Uint8Array>,
): Promise<void> {
  const caller = callerOf(call);
  await sendAll(answering, call, caller, () => answering.method.answer(call.request, caller));
}

/** Answers requests with messages for as long as the client sends any. */
export async function answerDuplex(
  answering: Answering<DuplexMethod>,
  call: ServerDuplexStream<Buffer, Uint8Array>,
): Promise<void> {
  const caller = callerOf(call);
  // The stream is not to end with its requests: answers may come after the last.
  const requests = call.iterator({ destroyOnReturn: false });
  await sendAll(answering, call, caller, () => answering.method.answer(requests, caller));
}

async function sendAll(
  answering: Answering,
  call: StreamCall,
  { signal }: Caller,
  answer: () => AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    for await (const message of answer()) {
      if (signal.aborted) return;
      if (!call.write(message)) await drained(call, signal);
    }
    call.end();
  } catch (thrown) {
    if (!signal.aborted) call.emit("error", answering.statusOf(thrown));
  }
}

/** A stream has only the deadline that its client gave it. */
function callerOf(call: StreamCall): Caller {
  const receivedAtMs = performance.now();
  const deadlineMs = receivedAtMs + Number(call.getDeadline()) - Date.now();
  const gone = new AbortController();
  (call as EventEmitter).once("cancelled", () => gone.abort());
  const peer = () => call.getPeer();
  return new Caller({ metadata: call.metadata, receivedAtMs, deadlineMs, signal: gone.signal, peer });
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
