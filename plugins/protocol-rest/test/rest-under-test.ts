import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { EchoServer } from "@plinth/conformance";
import type { Logger, PortGuest, Route, ServerLimits } from "@plinth/core";
import { RestProtocol, type RestProtocolOptions } from "../src/index.js";

export const SILENT: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => SILENT,
};

const LIMITS: ServerLimits = {
  maxRequestBytes: 1_000,
  requestTimeoutMs: 10_000,
  inferenceTimeoutMs: 10_000,
  streamTimeoutMs: 10_000,
  maxConnections: 64,
};

/** What a test says of the server that it wants. */
export interface RestSetup {
  readonly limits?: Partial<ServerLimits>;
  readonly routes?: readonly Route[];
  readonly guests?: readonly PortGuest[];
  readonly managementTokens?: ReadonlyMap<string, string>;
  readonly tls?: RestProtocolOptions["tls"];
}

/** A REST protocol over a server that echoes, on a free port. */
export class RestUnderTest implements AsyncDisposable {
  readonly server: EchoServer;
  readonly urls: readonly string[];
  readonly #protocol: RestProtocol;

  private constructor(server: EchoServer, urls: readonly string[], protocol: RestProtocol) {
    this.server = server;
    this.urls = urls;
    this.#protocol = protocol;
  }

  static async start({
    limits = {},
    routes = [],
    guests = [],
    managementTokens = new Map(),
    tls,
  }: RestSetup = {}): Promise<RestUnderTest> {
    const settings = {
      host: "127.0.0.1",
      processes: 1,
      shutdownDeadlineMs: 1_000,
      pollIntervalMs: 1_000,
      memoryBudgetBytes: 0,
      loading: "eager" as const,
      idleUnloadMs: 0,
      protectedLabels: [],
      managementTokens,
      limits: { ...LIMITS, ...limits },
    };
    const protocol = new RestProtocol({ port: 0, tls, settings, routes, guests: () => guests, logger: SILENT });
    const server = new EchoServer();
    const endpoints = await protocol.start(server, { signal: new AbortController().signal });
    return new RestUnderTest(
      server,
      endpoints.map(({ url }) => url),
      protocol,
    );
  }

  get url(): string {
    return this.urls[0] ?? "";
  }

  get predictUrl(): string {
    return `${this.url}/v1/models/echo:predict`;
  }

  predict(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.predictUrl, { method: "POST", body, headers });
  }

  /** Any inference of the model `echo`, as `classify`. */
  infer(verb: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/v1/models/echo:${verb}`, { method: "POST", body, headers });
  }

  drain(): Promise<void> {
    return this.#protocol.drain({ signal: new AbortController().signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.letGo();
    await this.#protocol[Symbol.asyncDispose]();
  }
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request with headers that `fetch` would not send. */
export function rawRequest(
  url: string,
  { method = "GET", headers = {} }: { readonly method?: string; readonly headers?: Record<string, string> },
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, async (response) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: await text(response) });
    });
    request.once("error", reject);
    request.end();
  });
}

/** All that comes back on a connection for these bytes, until the server closes it. */
export function rawExchange(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(received));
  });
}
