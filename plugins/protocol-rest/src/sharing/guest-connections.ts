import type { Socket } from "node:net";
import type { PortGuest } from "@plinth/core";

/** What guests have got. */
export class GuestConnections implements Disposable {
  readonly #sockets = new Set<Socket>();

  hand(socket: Socket, guest: PortGuest): void {
    // An HTTP/1.1 server goes on writing when its client has said its last; nobody else does unasked.
    socket.allowHalfOpen = false;
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    guest.take(socket);
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
