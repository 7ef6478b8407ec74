import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { PortGuest } from "@plinth/core";
import { ownerOf } from "./owner-of.js";

type Listener = (socket: Socket) => void;

/**
 * Stands between an HTTP server and the connections that it accepts, and gives guests theirs. The server goes on counting all of them, and those
 * that are its own it gets as if it had just accepted them, with all its bounds of time.
 */
export class SharedConnections implements Disposable {
  readonly #guests: readonly PortGuest[];
  readonly #decideWithinMs: number;
  /** Node's own way into the HTTP server, and what else hears of its connections. */
  readonly #host: readonly Listener[];
  readonly #http: Server;
  readonly #undecided = new Set<Socket>();
  readonly #handedOver = new Set<Socket>();

  /** @param decideWithinMs how long a connection may take to say whose it is */
  constructor(http: Server, guests: readonly PortGuest[], decideWithinMs: number) {
    this.#http = http;
    this.#guests = guests;
    this.#decideWithinMs = decideWithinMs;
    this.#host = http.listeners("connection") as Listener[];
    http.removeAllListeners("connection");
    http.on("connection", (socket) => this.#receive(socket));
  }

  /** Cuts those of which nobody knows yet whose they are. */
  drain(): void {
    for (const socket of this.#undecided) socket.destroy();
  }

  /** Cuts those of guests as well. */
  [Symbol.dispose](): void {
    this.drain();
    for (const socket of this.#handedOver) socket.destroy();
  }

  #receive(socket: Socket): void {
    let begun: Buffer = Buffer.alloc(0);
    const look = () => {
      const more = socket.read() as Buffer | null;
      if (more === null) return;
      begun = Buffer.concat([begun, more]);
      const owner = ownerOf(begun, this.#guests);
      if (owner === undefined) return;
      leave();
      socket.unshift(begun);
      if (owner === "host") for (const listener of this.#host) listener.call(this.#http, socket);
      else this.#handOver(socket, owner);
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

  #handOver(socket: Socket, guest: PortGuest): void {
    // An HTTP/1.1 server goes on writing when its client has said its last; nobody else does unasked.
    socket.allowHalfOpen = false;
    this.#handedOver.add(socket);
    socket.once("close", () => this.#handedOver.delete(socket));
    guest.take(socket);
  }
}
