import type { IncomingHttpHeaders } from "node:http";
import type { RequestOrigin } from "@plinth/core";

/** What people call a request: visible characters, as far as a log line, a span and a label may hold them. */
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/** https://www.w3.org/TR/trace-context/#traceparent-header: later versions may have more behind it. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-[\x21-\x7e]*)?$/;

const MAX_TRACEPARENT = 128;

/** https://www.w3.org/TR/trace-context/#tracestate-header: at least 512 characters are to be passed on. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/**
 * Who asked, for monitors. What the client says of itself is left out where it is too long or of another form: it is written to logs and
 * sent to other servers.
 */
export function requestOrigin(headers: IncomingHttpHeaders, method: string, receivedAtMs: number): RequestOrigin {
  const { traceparent: parent, tracestate: state } = headers;
  const traceparent = matching(parent, TRACEPARENT, MAX_TRACEPARENT);
  return {
    protocol: "rest",
    method,
    receivedAtMs,
    requestId: matching(headers["x-request-id"], REQUEST_ID),
    traceparent,
    tracestate: traceparent === undefined ? undefined : matching(state, TRACESTATE),
  };
}

function matching(
  value: string | readonly string[] | undefined,
  form: RegExp,
  maxLength = Number.POSITIVE_INFINITY,
): string | undefined {
  return typeof value === "string" && value.length <= maxLength && form.test(value) ? value : undefined;
}
