import type { Server } from "node:https";
import type { TLSSocket } from "node:tls";
import type { PortGuest } from "@plinth/core";
import { GuestConnections } from "./guest-connections.js";
import type { SharedConnections } from "./shared-connections.js";
import { standBefore } from "./stand-before.js";

/** Gives guests the connections to an HTTP server whose clients have asked for them in TLS. All others are the server's. */
export class SharedTlsConnections implements SharedConnections {
  readonly #guests = new GuestConnections();

  constructor(https: Server, guests: readonly PortGuest[]) {
    standBefore(https, "secureConnection", (socket, host) => {
      const asked = (socket as TLSSocket).alpnProtocol;
      const guest = guests.find(({ alpnProtocol }) => alpnProtocol === asked);
      if (guest === undefined) host(socket);
      else this.#guests.hand(socket, guest);
    });
  }

  /** Whose a connection is is known as soon as there is one. */
  drain(): void {}

  [Symbol.dispose](): void {
    this.#guests[Symbol.dispose]();
  }
}
