import type { Socket } from "node:net";
import type { Server } from "node:tls";

/** The connections to a server that have not agreed on TLS yet: HTTP does not know of them, but the server waits for them when it closes. */
export class Handshakes {
  readonly #sockets = new Map<string, Socket>();

  constructor(server: Server) {
    server.on("connection", (socket) => {
      const ends = endsOf(socket);
      this.#sockets.set(ends, socket);
      socket.once("close", () => {
        // Its ends may be another one's already.
        if (this.#sockets.get(ends) === socket) this.#sockets.delete(ends);
      });
    });
    server.on("secureConnection", (socket) => this.#sockets.delete(endsOf(socket)));
  }

  cut(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}

/** What TCP tells connections apart by. Node does not say which connection a TLS socket stands on. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
