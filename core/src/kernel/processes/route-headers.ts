import type { IncomingMessage } from "node:http";

/*
 * How a front asks the main process for an answer: over HTTP, with the request's own method, headers and body, at the path of the
 * route's index. What HTTP would not carry unchanged stands in headers beside them.
 */

/** The whole URL that the client asked for. */
export const URL_HEADER = "plinth-request-url";

/** The parameters in the path, as JSON, percent-encoded. */
export const PARAMS_HEADER = "plinth-route-params";

/** The name of the token that the client showed, percent-encoded; empty where it needed none. */
export const CALLER_HEADER = "plinth-route-caller";

/** In an answer: what the handler threw is the body, as an error that was packed and serialised as V8 does. */
export const THROWN_HEADER = "plinth-thrown";

/** Headers that are between two machines alone (RFC 9110, section 7.6.1), and one that Node answers itself. */
const HOP_BY_HOP = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers that go on to the other side. */
export function passedOn(headers: Iterable<readonly [name: string, value: string]>): (readonly [string, string])[] {
  return [...headers].filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()));
}

/** All headers of a message, those that came more than once as often. */
export function headersOf({ rawHeaders }: IncomingMessage): readonly (readonly [string, string])[] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""] as const] : []));
}
