import type { Socket } from "node:net";

const signals = new WeakMap<Socket, AbortSignal>();

/**
 * Aborts when the client of an inference goes away. One for all requests of a connection, because HTTP/1.1 answers them one after the other, and
 * because a new one for each would cost a small model's request some percent of its time. Whoever listens to it must stop when
 * the request is done; what cannot promise that, as a web `Request`, gets a signal of its own.
 */
export function clientSignal(socket: Socket): AbortSignal {
  const known = signals.get(socket);
  if (known !== undefined) return known;
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  signals.set(socket, gone.signal);
  return gone.signal;
}
