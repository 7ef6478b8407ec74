import type { IncomingHttpHeaders } from "node:http";
import type { RequestOrigin } from "@plinth/core";

/** Most characters, as {@link RequestOrigin} bounds them. */
const MAX_ID = 128;
const MAX_TRACE_PARENT = 128;
const MAX_TRACE_STATE = 512;

/** What the headers say of where a request comes from. */
export function requestOrigin(headers: IncomingHttpHeaders): RequestOrigin {
  return {
    protocol: "rest",
    requestId: bounded(headers["x-request-id"], MAX_ID),
    traceparent: bounded(headers.traceparent, MAX_TRACE_PARENT),
    tracestate: bounded(headers.tracestate, MAX_TRACE_STATE),
  };
}

function bounded(value: string | string[] | undefined, length: number): string | undefined {
  return value === undefined ? undefined : String(value).slice(0, length);
}
