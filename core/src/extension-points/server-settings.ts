import { createToken, type Token } from "./token.js";

/** The `server` section of the configuration, with every default filled in; the same for all protocols. */
export interface ServerSettings {
  /** Address to listen on: an IP address or a host name. */
  readonly host: string;
  /**
   * Processes that answer requests, each with a copy of every loaded version; `auto`: one for each core. With 1 the process that was
   * started answers by itself.
   */
  readonly processes: number | "auto";
  /** Longest that stopping may take, in milliseconds, before requests under way are cut. */
  readonly shutdownDeadlineMs: number;
  /** Pause between two looks into the storage, in milliseconds; 0: it looks at the start, and when it is told to. */
  readonly pollIntervalMs: number;
  /** What all versions in memory may need together, in bytes, by estimate; 0: no bound. */
  readonly memoryBudgetBytes: number;
  /** When versions are loaded, of models that do not say so themselves. */
  readonly loading: LoadingMode;
  /** How long a lazy version stays in memory that nobody uses, in milliseconds; 0: until others need the memory. */
  readonly idleUnloadMs: number;
  /** Labels that are only moved or removed with a reason. */
  readonly protectedLabels: readonly string[];
  /**
   * Who may manage the server from anywhere: digests of tokens by the name under which their changes stand in the history. Empty: callers
   * on this machine may, without a token.
   */
  readonly managementTokens: ReadonlyMap<string, string>;
  readonly limits: ServerLimits;
}

/**
 * When a version that is wanted is loaded.
 *
 * - `eager`: at once, and it stays in memory as long as it is wanted.
 * - `lazy`: for the first request. While nobody uses it, it may be unloaded to make room for another, until the next request.
 */
export type LoadingMode = "eager" | "lazy";

export interface ServerLimits {
  /** Largest body of a request, compressed and unpacked alike. */
  readonly maxRequestBytes: number;
  /** Longest time for a request to arrive whole, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Longest that a request may wait for its model, from its arrival, in milliseconds; clients may ask for less. */
  readonly inferenceTimeoutMs: number;
  /** Longest that a stream of answers may take, from the request's arrival, in milliseconds; clients may ask for less. */
  readonly streamTimeoutMs: number;
  /** Most connections open at once, for each listening port. */
  readonly maxConnections: number;
}

export const ServerSettings: Token<ServerSettings> = createToken<ServerSettings>("ServerSettings");
