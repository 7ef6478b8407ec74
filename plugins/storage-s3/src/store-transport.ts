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

/** How a client sends its requests. */
export interface Transport {
  readonly request: typeof http.request;
}

/**
 * What clients send requests through. They know no signals, keep no time limits and hide the status of answers; all of that happens
 * here. Each exchange has a transport of its own, so that its signal need not travel by AsyncLocalStorage, which on Node 20 slows down
 * every promise of the process.
 */
export class StoreTransport {
  readonly agent: http.Agent;
  readonly #request: typeof http.request;
  /** The store's clock less this process's steady one, by the last answer; in milliseconds. */
  #clockLeadMs: number | undefined;
  #server = "";

  constructor(protocol: "http:" | "https:") {
    const module = protocol === "http:" ? http : https;
    this.agent = new module.Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: KEEP_FREE_CONNECTION_MS });
    this.#request = module.request;
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
    work: (transport: Transport) => Promise<T>,
    stalledAfterMs: number = STALLED_AFTER_MS,
  ): Promise<T> {
    signal.throwIfAborted();
    // Requests at once are many, and each listens.
    setMaxListeners(0, signal);
    const exchange: Exchange = { signal, stalledAfterMs, status: 0 };
    try {
      const request = (options: RequestOptions, answered: (response: IncomingMessage) => void) =>
        this.#send(exchange, options, answered);
      return await work({ request: request as typeof http.request });
    } catch (thrown) {
      signal.throwIfAborted();
      throw asStoreError(thrown, exchange.status);
    }
  }

  close(): void {
    this.agent.destroy();
  }

  #send(exchange: Exchange, options: RequestOptions, answered: (response: IncomingMessage) => void): ClientRequest {
    const { signal, stalledAfterMs } = exchange;
    const sent = this.#request({ ...options, signal }, (response) => {
      const { statusCode = 0, headers } = response;
      exchange.status = statusCode;
      this.#note(headers);
      // The client would throw these away without reading them, and the connection with them.
      if (statusCode === 429 || statusCode >= 500) {
        sent.destroy(new StoreError(codeOf(statusCode), statusCode, `the store answered ${statusCode}`));
      } else answered(response);
    });
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
