import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Node's own way into the HTTP server, and what else hears of its connections. */
export type Host = (socket: Socket) => void;

/**
 * Has `receive` get the connections to a server in place of those who hear of them. The server goes on counting all of them, and those that
 * are given to `host` it gets as if they had just come, with all its bounds of time.
 */
export function standBefore(
  server: Server,
  event: "connection" | "secureConnection",
  receive: (socket: Socket, host: Host) => void,
): void {
  const listeners = server.listeners(event) as Host[];
  const host: Host = (socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
  server.removeAllListeners(event);
  server.on(event, (socket: Socket) => receive(socket, host));
}
