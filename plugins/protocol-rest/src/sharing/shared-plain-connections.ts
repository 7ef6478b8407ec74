import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { PortGuest } from "@plinth/core";
import { GuestConnections } from "./guest-connections.js";
import { ownerOf } from "./owner-of.js";
import type { SharedConnections } from "./shared-connections.js";
import { type Host, standBefore } from "./stand-before.js";

/** Looks at what connections begin with, puts that back, and gives guests theirs. */
export class SharedPlainConnections implements SharedConnections {
  readonly #guests: readonly PortGuest[];
  readonly #decideWithinMs: number;
  readonly #undecided = new Set<Socket>();
  readonly #handedOver = new GuestConnections();

  /** @param decideWithinMs how long a connection may take to say whose it is */
  constructor(http: Server, guests: readonly PortGuest[], decideWithinMs: number) {
    this.#guests = guests;
    this.#decideWithinMs = decideWithinMs;
    standBefore(http, "connection", (socket, host) => this.#receive(socket, host));
  }

  drain(): void {
    for (const socket of this.#undecided) socket.destroy();
  }

  [Symbol.dispose](): void {
    this.drain();
    this.#handedOver[Symbol.dispose]();
  }

  #receive(socket: Socket, host: Host): void {
    let begun: Buffer = Buffer.alloc(0);
    const look = () => {
      const more = socket.read() as Buffer | null;
      if (more === null) return;
      begun = Buffer.concat([begun, more]);
      const owner = ownerOf(begun, this.#guests);
      if (owner === undefined) return;
      leave();
      socket.unshift(begun);
      if (owner === "host") host(socket);
      else this.#handedOver.hand(socket, owner);
    };
    const cut = () => void socket.destroy();
    const timer = setTimeout(cut, this.#decideWithinMs);
    const leave = () => {
      clearTimeout(timer);
      this.#undecided.delete(socket);
      socket.off("readable", look).off("end", cut).off("error", cut).off("close", leave);
    };
    this.#undecided.add(socket);
    socket.on("readable", look).on("end", cut).on("error", cut).on("close", leave);
  }
}
