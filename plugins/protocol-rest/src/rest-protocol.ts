import { once, setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
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
} from "@plinth/core";
import { HEALTH_PATHS, healthAnswer } from "./health.js";
import { answerClientError } from "./http/client-error.js";
import { errorAnswer } from "./http/error-answer.js";
import { createInferenceHandler } from "./http/inference-handler.js";
import { pathnameOf } from "./http/pathname.js";
import { send } from "./http/send.js";
import type { Surroundings } from "./http/surroundings.js";
import { openInferenceDialect } from "./open-inference/dialect.js";
import { DEFAULT_SERVER_NAME, DEFAULT_SERVER_VERSION, type RestOptions } from "./options.js";
import { SharedConnections } from "./sharing/shared-connections.js";
import { servingDialect } from "./tensorflow-serving/dialect.js";

export interface RestProtocolOptions extends RestOptions {
  readonly settings: ServerSettings;
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
 * TensorFlow Serving's REST API and the Open Inference Protocol over HTTP/1.1, with health and the routes that other plugins contribute.
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
  #shared: SharedConnections | undefined;
  readonly #draining = new AbortController();

  constructor(options: RestProtocolOptions) {
    this.#options = options;
  }

  async start(server: ModelServer, { signal }: { readonly signal: AbortSignal }): Promise<readonly Endpoint[]> {
    const { settings, guests = () => [], logger } = this.#options;
    const { requestTimeoutMs, maxConnections } = settings.limits;
    const draining = this.#draining.signal;
    setMaxListeners(0, draining);
    const isDraining = () => draining.aborted;
    const { limits, managementTokens } = settings;
    const surroundings = { server, limits, managementTokens, logger, draining, isDraining };
    const application = this.#application(surroundings);
    const tryInference = createInferenceHandler(surroundings, [servingDialect, openInferenceDialect]);
    const http = createServer(
      {
        requestTimeout: requestTimeoutMs,
        headersTimeout: requestTimeoutMs,
        connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, requestTimeoutMs),
        keepAliveTimeout: KEEP_ALIVE_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
        noDelay: true,
      },
      (request, response) => {
        this.#unused.delete(request.socket);
        if (tryInference(request, response) || tryHealth(surroundings, request, response)) return;
        application().then(
          (answer) => answer(request, response),
          (thrown) => send(response, errorAnswer(PlinthError.from(thrown)), isDraining()),
        );
      },
    );
    http.maxConnections = maxConnections;
    http.timeout = STALLED_MS;
    http.on("clientError", answerClientError);
    http.on("connection", (socket) => this.#watch(socket));
    this.#http = http;
    const sharing = guests();
    if (sharing.length > 0) this.#shared = new SharedConnections(http, sharing, requestTimeoutMs);
    const { port } = await listen(http, this.#options.port, settings.host, signal);
    const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
    return ["http", ...sharing.map(({ scheme }) => scheme)].map((scheme) => ({ url: `${scheme}://${host}:${port}` }));
  }

  async drain({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const http = this.#http;
    if (http === undefined || !http.listening) return;
    const closed = new Promise<void>((resolve) => http.close(() => resolve()));
    this.#draining.abort();
    for (const socket of this.#unused) socket.destroy();
    this.#shared?.drain();
    await Promise.race([closed, aborted(signal)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const http = this.#http;
    if (http === undefined) return;
    this.#draining.abort();
    const closed = http.listening ? new Promise<void>((resolve) => http.close(() => resolve())) : Promise.resolve();
    http.closeAllConnections();
    this.#shared?.[Symbol.dispose]();
    await closed;
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
