import type { IncomingMessage, ServerResponse } from "node:http";

/** Longest wait for a client to stop sending a body that was refused, in milliseconds. */
const LINGER_MS = 1_000;

/** Writes a JSON answer, the last one on its connection if told so. A client that has gone gets nothing. */
export function sendJson(response: ServerResponse, status: number, body: Buffer, isLast: boolean): void {
  if (response.headersSent || response.destroyed) return;
  if (isLast) response.shouldKeepAlive = false;
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length });
  response.end(body);
}

/**
 * Takes and drops what the client still sends of a request that was answered before it was read, for a while: closing the
 * connection at once would reset it, and the client would lose the answer.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  request.once("close", () => clearTimeout(timer));
}
