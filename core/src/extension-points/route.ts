import type { StandardJSONSchemaV1 } from "@standard-schema/spec";
import { createToken, type Token } from "./token.js";

/**
 * One web-standard request handler with a method and a path. Whoever contributes it (metrics, management, console) needs no
 * HTTP server; every HTTP protocol mounts it.
 */
export interface Route {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute. A segment `:name` matches any one segment; a last segment `*` matches the rest, also none of it. */
  readonly path: string;
  /**
   * `management` answers only callers that may manage the server: those who show one of {@link ServerSettings.managementTokens}, without
   * tokens those on this machine. Protocols ask {@link checkManager}.
   */
  readonly access: "public" | "management";
  /** Largest body in bytes, instead of `server.limits.maxRequestBytes`; bodies arrive as streams. */
  readonly maxBodyBytes?: number | undefined;
  /** Gives what is told of it where the routes are described; asked for when they are. Absent: no more than that it is there. */
  readonly description?: (() => Promise<RouteDescription>) | undefined;
  /**
   * Answers one request. Calls may overlap. `request.signal` aborts when the client goes, and for an answer of the type `text/event-stream`,
   * which has no end of its own, also when the server stops; the body is limited by
   * `server.limits` and {@link maxBodyBytes}. What it throws becomes an error in the protocol's own form, below `/api` by {@link problemJson}, as
   * everything that a protocol itself refuses there.
   */
  handle(request: Request, context: RouteContext): Response | Promise<Response>;
}

/**
 * What programs and people are told of a route, in the form of OpenAPI 3.1: below `/api` in the management API's document, of other public ones in
 * that of the protocol which mounts them. It is for the route to answer so, and, below `/api`, to answer errors as the management API does, by RFC 9457.
 */
export interface RouteDescription {
  /** Unique among all; what generated clients call it. */
  readonly id: string;
  readonly summary: string;
  /** The name of the link that leads to it from `GET /api`. Absent: other documents lead to it. */
  readonly link?: string;
  /** An object whose properties are the parameters behind the question mark. */
  readonly query?: DescribedSchema;
  readonly answer: {
    readonly description: string;
    /** Default: `application/json`. */
    readonly mediaType?: string;
    readonly schema?: DescribedSchema;
  };
}

/** A schema of any library that gives it as JSON Schema; parts with an `id` are described once and referred to by it. */
export type DescribedSchema = StandardJSONSchemaV1<unknown, unknown>;

/** All routes that plugins contribute. */
export const Route: Token<Route> = createToken<Route>("Route");

export interface RouteContext {
  /** The name of the token that was shown, of a route for {@link Route.access} `management` where tokens are configured. */
  readonly caller?: string | undefined;
  /** Percent-decoded segments by the names in the path; the rest under `*`. */
  readonly params: ReadonlyMap<string, string>;
}
