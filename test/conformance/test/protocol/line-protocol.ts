import { createConnection, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { createTensor, type Endpoint, type ModelServer, type Protocol, type ServerSettings } from "@plinth/core";

/** The smallest protocol there can be: a line of numbers in JSON is `x`, the line that comes back is `y`. */
export class LineProtocol implements Protocol {
  readonly name: string = "line";
  protected readonly settings: ServerSettings;
  protected readonly port: number;
  protected readonly sockets = new Set<Socket>();
  protected readonly answering = new Set<Promise<void>>();
  protected listener: Server | undefined;

  constructor(settings: ServerSettings, port: number) {
    this.settings = settings;
    this.port = port;
  }

  async start(server: ModelServer, { signal }: { readonly signal: AbortSignal }): Promise<readonly Endpoint[]> {
    signal.throwIfAborted();
    const listener = createServer((socket) => this.serve(server, socket));
    this.listener = listener;
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(this.port, this.settings.host, resolve);
    });
    const address = listener.address();
    return [{ url: `line://${this.settings.host}:${typeof address === "object" ? address?.port : 0}` }];
  }

  async drain({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    this.listener?.close();
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve());
    });
    await Promise.race([Promise.all(this.answering), aborted]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const { listener } = this;
    if (listener?.listening) await new Promise((resolve) => listener.close(resolve));
  }

  protected serve(server: ModelServer, socket: Socket): void {
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
    createInterface(socket).on("line", (line) => {
      const answering = this.answer(server, line, socket)
        .catch(() => void socket.destroy())
        .finally(() => this.answering.delete(answering));
      this.answering.add(answering);
    });
  }

  protected async answer(server: ModelServer, line: string, socket: Socket): Promise<void> {
    const values = Float32Array.from(JSON.parse(line) as number[]);
    const x = createTensor("float32", [values.length], values);
    const { outputs } = await server.infer({ model: "echo", inputs: new Map([["x", x]]) });
    socket.end(`${JSON.stringify([...((outputs.get("y")?.data ?? []) as Float32Array)])}\n`);
  }
}

/** The client of {@link LineProtocol}. */
export function inferByLine(url: string): Promise<readonly number[]> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = createConnection(Number(port), hostname, () => socket.write("[1, 2]\n"));
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.once("error", reject);
    socket.once("close", () => (text === "" ? reject(new Error("no answer")) : resolve(JSON.parse(text))));
  });
}
