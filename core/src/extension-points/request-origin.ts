import type { RequestOrigin } from "./model-server.js";

/** What people call a request: visible characters, as far as a log line, a span and a label may hold them. */
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/** https://www.w3.org/TR/trace-context/#traceparent-header: later versions may have more behind it. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-[\x21-\x7e]*)?$/;

const MAX_TRACEPARENT = 128;

/** https://www.w3.org/TR/trace-context/#tracestate-header: at least 512 characters are to be passed on. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/**
 * Who asked, for monitors, by what the client says of itself: the headers `x-request-id`, `traceparent` and `tracestate`. One that is too long or
 * of another form is left out: it is written to logs and sent to other servers.
 *
 * @param header the value of a header by its lower-case name, as {@link ModelTarget.header}
 */
export function requestOrigin(
  { protocol, method, receivedAtMs }: Pick<RequestOrigin, "protocol" | "method" | "receivedAtMs">,
  header: (name: string) => string | undefined,
): RequestOrigin {
  const traceparent = matching(header("traceparent"), TRACEPARENT, MAX_TRACEPARENT);
  return {
    protocol,
    method,
    receivedAtMs,
    requestId: matching(header("x-request-id"), REQUEST_ID),
    traceparent,
    tracestate: traceparent === undefined ? undefined : matching(header("tracestate"), TRACESTATE),
  };
}

function matching(value: string | undefined, form: RegExp, maxLength = Number.POSITIVE_INFINITY): string | undefined {
  return value !== undefined && value.length <= maxLength && form.test(value) ? value : undefined;
}
