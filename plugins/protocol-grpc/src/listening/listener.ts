import { once } from "node:events";
import { unlinkSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Where to listen. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/** How long a connection may be silent before the operating system asks whether its other end is still there, in milliseconds. */
export const PROBE_AFTER_MS = 60_000;

export interface ListenerOptions {
  readonly address: Address;
  readonly maxConnections: number;
  readonly signal: AbortSignal;
  /** Takes a connection. */
  readonly take: (socket: Socket) => void;
}

/** Takes connections at one address, as many as there may be, and can cut them. */
export class Listener implements AsyncDisposable {
  readonly address: Address;
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;

  private constructor(address: Address, server: Server, sockets: ReadonlySet<Socket>) {
    this.address = address;
    this.#server = server;
    this.#sockets = sockets;
  }

  /**
   * Listens. The file of a unix socket on which nobody listens any more is replaced.
   *
   * @throws Error where it cannot, or when `signal` aborts before it does; it listens nowhere then.
   */
  static async start({ address, maxConnections, signal, take }: ListenerOptions): Promise<Listener> {
    signal.throwIfAborted();
    if ("path" in address) await removeAbandoned(address.path);
    const sockets = new Set<Socket>();
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS };
    const server = createServer(options, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      take(socket);
    });
    server.maxConnections = maxConnections;
    server.listen(address);
    await once(server, "listening", { signal });
    const { port } = server.address() as AddressInfo;
    return new Listener("path" in address ? address : { ...address, port }, server, sockets);
  }

  /** Takes no more connections; those that there are stay. */
  close(): void {
    this.#server.close();
  }

  /** Cuts all connections. Settles when the address is free. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, "close") : undefined;
    if (closed !== undefined) this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** A server that was killed leaves the file of its socket behind, and nobody else could listen there. */
function removeAbandoned(path: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "ECONNREFUSED") unlinkSync(path);
      resolve();
    });
  });
}
