import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A line to a server that breaks or stalls once so many bytes were sent over it. */
export class BreakingLine implements AsyncDisposable {
  readonly url: string;
  bytesSent = 0;
  breaks = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #failure: { readonly afterBytes: number; readonly kind: "break" | "stall" } | undefined;
  #answerBytesLeft = Number.POSITIVE_INFINITY;
  readonly stalled: Promise<void>;
  #tellStalled: () => void = () => {};

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.stalled = new Promise((resolve) => {
      this.#tellStalled = resolve;
    });
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (client) => this.#carry(client, target));
  }

  static async to(url: string): Promise<BreakingLine> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new BreakingLine(server, new URL(url));
  }

  /** Cuts the connection, once. */
  breakAfter(bytes: number): void {
    this.#failure = { afterBytes: this.bytesSent + bytes, kind: "break" };
  }

  /** Drops everything from then on until {@link passAll}. */
  stallAfter(bytes: number): void {
    this.#failure = { afterBytes: this.bytesSent + bytes, kind: "stall" };
  }

  /** Has no more than so many bytes come back from now on, and keeps the connection. */
  stallAnswersAfter(bytes: number): void {
    this.#answerBytesLeft = bytes;
  }

  passAll(): void {
    this.#failure = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #carry(client: Socket, { hostname, port }: URL): void {
    const server = connect(Number(port), hostname);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    server.on("data", (chunk: Buffer) => this.#answer(chunk, client));
    client.on("data", (chunk: Buffer) => this.#send(chunk, client, server));
  }

  #answer(chunk: Buffer, client: Socket): void {
    const passed = chunk.subarray(0, this.#answerBytesLeft);
    this.#answerBytesLeft -= passed.length;
    client.write(passed);
    if (passed.length < chunk.length) this.#tellStalled();
  }

  #send(chunk: Buffer, client: Socket, server: Socket): void {
    const failure = this.#failure;
    if (failure === undefined || this.bytesSent + chunk.length <= failure.afterBytes) {
      this.bytesSent += chunk.length;
      server.write(chunk);
      return;
    }
    const before = chunk.subarray(0, Math.max(0, failure.afterBytes - this.bytesSent));
    this.bytesSent += before.length;
    if (failure.kind === "stall") {
      server.write(before);
      this.#tellStalled();
      return;
    }
    this.#failure = undefined;
    this.breaks++;
    server.write(before, () => client.destroy());
  }
}
