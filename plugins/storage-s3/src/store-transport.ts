import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import http, {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import https from "node:https";
import { StoreError } from "./store-errors.js";

/** Requests under way at once, to one store; others wait for a free connection. */
const MAX_CONNECTIONS = 32;

/** How long a connection on which nothing moves is waited for, in milliseconds. */
const STALLED_AFTER_MS = 30_000;

/** A free connection is closed before stores do, most of which wait a minute, so that none is used that is just being closed. */
const KEEP_FREE_CONNECTION_MS = 20_000;

interface Exchange {
  readonly signal: AbortSignal;
  readonly stalledAfterMs: number;
  /** Of the last answer. */
  status: number;
}

type RequestFunction = typeof http.request;

/**
 * What the client sends requests through. The client itself knows no signals, keeps no time limits and hides the status of answers;
 * all of that happens here, for every request that is made within {@link exchange}.
 */
export class StoreTransport {
  readonly agent: http.Agent;
  /** What the client calls for each request. */
  readonly request: RequestFunction;
  readonly #current = new AsyncLocalStorage<Exchange>();
  /** The store's clock less this process's steady one, by the last answer; in milliseconds. */
  #clockLeadMs: number | undefined;
  #server = "";

  constructor(protocol: "http:" | "https:") {
    const module = protocol === "http:" ? http : https;
    this.agent = new module.Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: KEEP_FREE_CONNECTION_MS });
    const send = (options: RequestOptions, answered: (response: IncomingMessage) => void) =>
      this.#send(module.request, options, answered);
    this.request = send as RequestFunction;
  }

  /** What the `Server` header of the last answer said. */
  get server(): string {
    return this.#server;
  }

  /** Now, by the store's clock, to the second; in milliseconds since the epoch. */
  get storeNowMs(): number {
    return performance.now() + (this.#clockLeadMs ?? performance.timeOrigin);
  }

  /**
   * Does the work of one request, which ends when `signal` aborts or nothing moves for `stalledAfterMs`.
   *
   * @throws StoreError for whatever goes wrong; the signal's reason where that is why
   */
  async exchange<T>(
    signal: AbortSignal,
    work: () => Promise<T>,
    stalledAfterMs: number = STALLED_AFTER_MS,
  ): Promise<T> {
    signal.throwIfAborted();
    // Requests at once are many, and each listens.
    setMaxListeners(0, signal);
    const exchange: Exchange = { signal, stalledAfterMs, status: 0 };
    try {
      return await this.#current.run(exchange, work);
    } catch (thrown) {
      signal.throwIfAborted();
      throw asStoreError(thrown, exchange.status);
    }
  }

  close(): void {
    this.agent.destroy();
  }

  #send(
    request: RequestFunction,
    options: RequestOptions,
    answered: (response: IncomingMessage) => void,
  ): ClientRequest {
    const exchange = this.#current.getStore();
    const sent = request(exchange ? { ...options, signal: exchange.signal } : options, (response) => {
      const { statusCode = 0, headers } = response;
      if (exchange) exchange.status = statusCode;
      this.#note(headers);
      // The client would throw these away without reading them, and the connection with them.
      if (statusCode === 429 || statusCode >= 500)
        sent.destroy(new StoreError(codeOf(statusCode), statusCode, `the store answered ${statusCode}`));
      else answered(response);
    });
    const stalledAfterMs = exchange?.stalledAfterMs ?? STALLED_AFTER_MS;
    sent.setTimeout(stalledAfterMs, () => {
      sent.destroy(new StoreError("STALLED", 0, `nothing moved for ${stalledAfterMs / 1_000} s`));
    });
    return sent;
  }

  #note({ date, server }: IncomingHttpHeaders): void {
    const atMs = Date.parse(date ?? "");
    if (!Number.isNaN(atMs)) this.#clockLeadMs = atMs - performance.now();
    if (typeof server === "string") this.#server = server;
  }
}

function codeOf(status: number): string {
  return status === 429 || status === 503 ? "SlowDown" : "InternalError";
}

/** What the client throws tells S3's code at best, and the status never. */
export function asStoreError(thrown: unknown, status: number): StoreError {
  if (thrown instanceof StoreError) return thrown;
  if (!(thrown instanceof Error)) return new StoreError("Unknown", status, String(thrown), thrown);
  const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
  const ended = status >= 200 && status < 300;
  return new StoreError(
    code || (ended ? "BrokenAnswer" : "Unknown"),
    ended ? 0 : status,
    thrown.message || code,
    thrown,
  );
}
