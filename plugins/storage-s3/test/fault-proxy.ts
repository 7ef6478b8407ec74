import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** What happens to one request on its way to the store, or to its answer on the way back. */
export type Fault =
  | { readonly kind: "busy" }
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "damage request" }
  | { readonly kind: "damage answer" }
  | { readonly kind: "reset request" }
  /** The store does what it is asked, and the answer is lost. */
  | { readonly kind: "lose answer" }
  | { readonly kind: "cut answer" };

/** Stands between a client and a store, and does to requests what networks and busy stores do. */
export class FaultProxy implements AsyncDisposable {
  /** Requests so far, as `GET /bucket/key`. */
  readonly requests: string[] = [];
  /** Asked for each request. */
  faultFor: (request: string) => Fault | undefined = () => undefined;
  readonly #target: URL;
  readonly #server: Server;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((request, response) => {
      this.#pass(request, response).catch(() => response.destroy());
    });
  }

  static async start(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Does this to the first so many requests that match. */
  inject(pattern: RegExp, fault: Fault, times = 1): void {
    let left = times;
    this.faultFor = (request) => {
      if (left === 0 || !pattern.test(request)) return undefined;
      left--;
      return fault;
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = `${request.method} ${request.url}`;
    this.requests.push(name);
    const fault = this.faultFor(name);
    if (fault?.kind === "delay") await pause(fault.ms);
    if (fault?.kind === "reset request") return void request.socket.destroy();
    const body = await read(request);
    if (fault?.kind === "busy") return void response.writeHead(503).end("<Error><Code>SlowDown</Code></Error>");
    if (fault?.kind === "damage request") damage(body);
    const { method, url: path, headers } = request;
    const { hostname, port } = this.#target;
    const forwarded = send({ hostname, port, method, path, headers, agent: false });
    forwarded.end(body);
    const [answer] = (await once(forwarded, "response")) as [IncomingMessage];
    const content = await read(answer);
    if (fault?.kind === "lose answer") return void request.socket.destroy();
    if (fault?.kind === "damage answer") damage(content);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (fault?.kind !== "cut answer") return void response.end(content);
    response.write(content.subarray(0, content.length >> 1), () => request.socket.destroy());
  }
}

async function read(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function damage(content: Buffer): void {
  const middle = content.length >> 1;
  if (content.length > 0) content[middle] = (content[middle] ?? 0) ^ 1;
}
