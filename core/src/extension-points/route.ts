import { createToken, type Token } from "./token.js";

/**
 * One web-standard request handler with a method and a path. Whoever contributes it (metrics, management, console) needs no
 * HTTP server; every HTTP protocol mounts it.
 */
export interface Route {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute. A segment `:name` matches any one segment; a last segment `*` matches the rest, also none of it. */
  readonly path: string;
  /** `management` answers only callers that may manage the server: without tokens configured, those on this machine. */
  readonly access: "public" | "management";
  /** Largest body in bytes, instead of `server.limits.maxRequestBytes`; bodies arrive as streams. */
  readonly maxBodyBytes?: number | undefined;
  /**
   * Answers one request. Calls may overlap. `request.signal` aborts when the client goes, and for an answer of the type `text/event-stream`,
   * which has no end of its own, also when the server stops; the body is limited by
   * `server.limits` and {@link maxBodyBytes}. What it throws becomes an error in the protocol's own form.
   */
  handle(request: Request, context: RouteContext): Response | Promise<Response>;
}

/** All routes that plugins contribute. */
export const Route: Token<Route> = createToken<Route>("Route");

export interface RouteContext {
  /** Percent-decoded segments by the names in the path; the rest under `*`. */
  readonly params: ReadonlyMap<string, string>;
}
