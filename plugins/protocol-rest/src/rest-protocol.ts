import { once, setMaxListeners } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import {
  type Endpoint,
  type Logger,
  type ModelServer,
  PlinthError,
  type PortGuest,
  type Protocol,
  type Route,
  type ServerSettings,
  settledOrAborted,
} from "@plinth/core";
import { ReloadedTls } from "@plinth/server-tls";
import { HEALTH_PATHS, healthAnswer } from "./health.js";
import { answerClientError } from "./http/client-error.js";
import { errorAnswer } from "./http/error-answer.js";
import { Handshakes } from "./http/handshakes.js";
import { createInferenceHandler } from "./http/inference-handler.js";
import { pathnameOf } from "./http/pathname.js";
import { send } from "./http/send.js";
import type { Surroundings } from "./http/surroundings.js";
import { createTlsServer } from "./http/tls-server.js";
import { openInferenceDialect } from "./open-inference/dialect.js";
import { DEFAULT_SERVER_NAME, DEFAULT_SERVER_VERSION, type RestOptions } from "./options.js";
import type { SharedConnections } from "./sharing/shared-connections.js";
import { SharedPlainConnections } from "./sharing/shared-plain-connections.js";
import { SharedTlsConnections } from "./sharing/shared-tls-connections.js";
import { servingDialect } from "./tensorflow-serving/dialect.js";

export interface RestProtocolOptions extends RestOptions {
  readonly settings: ServerSettings;
  /** Paths in the options are relative to it. Absent: the folder that the process works in. */
  readonly directory?: string;
  /** What other plugins contribute. */
  readonly routes: readonly Route[];
  /** The protocols that share the port; asked when it starts. Absent: none. */
  readonly guests?: () => readonly PortGuest[];
  readonly logger: Logger;
}

/** How long a connection without a request is kept, in milliseconds: longer than the usual load balancer's 60 seconds. */
const KEEP_ALIVE_MS = 65_000;

/**
 * How long nothing may pass on a connection with a request under way, in milliseconds: longer than any model runs, but a client
 * that does not read its answer shall not keep it in memory for ever.
 */
const STALLED_MS = 600_000;

/** Largest request line and headers together, in bytes. */
const MAX_HEADER_BYTES = 16_384;

/** How often Node looks for requests that take too long, in milliseconds. */
const TIMEOUT_CHECK_MS = 500;

/**
 * TensorFlow Serving's REST API and the Open Inference Protocol over HTTP/1.1, with and without TLS, with health and the routes that other plugins contribute.
 *
 * Inference is recognised ahead of Koa on the same server: Koa takes 40 to 50 % off the requests that a bare `node:http` answers
 * in a second. Everything else goes through Koa.
 */
export class RestProtocol implements Protocol {
  readonly name = "rest";
  readonly #options: RestProtocolOptions;
  /** Connections on which no request has come yet; Node counts them as busy. */
  readonly #unused = new Set<Socket>();
  #http: Server | undefined;
  #tls: ReloadedTls | undefined;
  #handshakes: Handshakes | undefined;
  #shared: SharedConnections | undefined;
  readonly #draining = new AbortController();

  constructor(options: RestProtocolOptions) {
    this.#options = options;
  }

  async start(server: ModelServer, { signal }: { readonly signal: AbortSignal }): Promise<readonly Endpoint[]> {
    const { settings, guests = () => [], logger } = this.#options;
    const draining = this.#draining.signal;
    setMaxListeners(0, draining);
    const isDraining = () => draining.aborted;
    const { limits, managementTokens } = settings;
    const surroundings = { server, limits, managementTokens, logger, draining, isDraining };
    const application = this.#application(surroundings);
    const tryInference = createInferenceHandler(surroundings, [servingDialect, openInferenceDialect]);
    const sharing = guests();
    const http = await this.#createServer(sharing, (request, response) => {
      this.#unused.delete(request.socket);
      if (tryInference(request, response) || tryHealth(surroundings, request, response)) return;
      application().then(
        (answer) => answer(request, response),
        (thrown) => send(response, errorAnswer(PlinthError.from(thrown)), isDraining()),
      );
    });
    http.maxConnections = limits.maxConnections;
    http.timeout = STALLED_MS;
    http.on("clientError", answerClientError);
    this.#http = http;
    const { port } = await listen(http, this.#options.port, settings.host, signal);
    const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
    const ending = this.#tls === undefined ? "" : "s";
    return ["http", ...sharing.map(({ scheme }) => scheme)].map((scheme) => ({
      url: `${scheme}${ending}://${host}:${port}`,
    }));
  }

  async drain({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const http = this.#http;
    if (http === undefined || !http.listening) return;
    const closed = new Promise<void>((resolve) => http.close(() => resolve()));
    this.#draining.abort();
    for (const socket of this.#unused) socket.destroy();
    this.#handshakes?.cut();
    this.#shared?.drain();
    await settledOrAborted(closed, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tls?.[Symbol.dispose]();
    const http = this.#http;
    if (http === undefined) return;
    this.#draining.abort();
    const closed = http.listening ? new Promise<void>((resolve) => http.close(() => resolve())) : Promise.resolve();
    http.closeAllConnections();
    this.#handshakes?.cut();
    this.#shared?.[Symbol.dispose]();
    await closed;
  }

  async #createServer(guests: readonly PortGuest[], answer: RequestListener): Promise<Server> {
    const { tls, directory = ".", settings, logger } = this.#options;
    const { requestTimeoutMs } = settings.limits;
    const options = httpOptions(requestTimeoutMs);
    const isShared = guests.length > 0;
    if (tls === undefined) {
      const http = createServer(options, answer);
      http.on("connection", (socket) => this.#watch(socket));
      if (isShared) this.#shared = new SharedPlainConnections(http, guests, requestTimeoutMs);
      return http;
    }
    this.#tls = await ReloadedTls.open({ tls, directory, logger });
    const alpnProtocols = guests.map(({ alpnProtocol }) => alpnProtocol);
    const https: HttpsServer = createTlsServer({ http: options, tls: this.#tls, alpnProtocols, logger }, answer);
    https.on("secureConnection", (socket) => this.#watch(socket));
    if (isShared) this.#shared = new SharedTlsConnections(https, guests);
    this.#handshakes = new Handshakes(https);
    return https;
  }

  /** Koa and what it answers, imported for the first request that needs them: a server is up a tenth sooner without. */
  #application(surroundings: Surroundings): () => Promise<RequestListener> {
    const {
      routes,
      serverName = DEFAULT_SERVER_NAME,
      serverVersion = DEFAULT_SERVER_VERSION,
      repositoryAccess = "management",
    } = this.#options;
    let application: Promise<RequestListener> | undefined;
    const create = async () => {
      const { createApplication } = await import("./application.js");
      return createApplication(surroundings, routes, { serverName, serverVersion, repositoryAccess });
    };
    return () => {
      application ??= create();
      return application;
    };
  }

  #watch(socket: Socket): void {
    this.#unused.add(socket);
    socket.once("close", () => this.#unused.delete(socket));
  }
}

function httpOptions(requestTimeoutMs: number): ServerOptions {
  return {
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, requestTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
  };
}

/** Probes come every few seconds from whoever runs the server, so that they go ahead of Koa as well. */
function tryHealth({ server, isDraining }: Surroundings, request: IncomingMessage, response: ServerResponse): boolean {
  const pathname = pathnameOf(request);
  const path = request.method === "GET" ? HEALTH_PATHS.find((each) => each === pathname) : undefined;
  if (path === undefined) return false;
  send(response, healthAnswer(server, path), isDraining());
  return true;
}

/** Node's own `signal` would also close a server that has long been listening. */
async function listen(http: Server, port: number, host: string, signal: AbortSignal): Promise<AddressInfo> {
  signal.throwIfAborted();
  http.listen({ port, host });
  await once(http, "listening", { signal });
  return http.address() as AddressInfo;
}
