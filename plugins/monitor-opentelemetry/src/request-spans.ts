import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { ErrorCode, RequestFinished, VersionStateChanged } from "@plinth/core";

/** Codes of what went wrong in the server, for which a span is marked; what a client did wrong is none of its faults. */
const SERVER_FAULTS: ReadonlySet<ErrorCode> = new Set(["INTERNAL", "UNKNOWN", "DATA_LOSS", "UNAVAILABLE"]);

/** A part of a request's way: from and to, in milliseconds since the epoch. */
interface Part {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The span of a request, and one for each part of its way that was timed. */
export function recordRequest(tracer: Tracer, event: RequestFinished, parent: SpanContext | undefined): void {
  const { startedAtMs, durationMs, error } = event;
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  const span = tracer.startSpan(
    nameOf(event),
    { kind: SpanKind.SERVER, startTime: startedAtMs, attributes: attributesOf(event) },
    context,
  );
  if (error !== undefined && SERVER_FAULTS.has(error.code)) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  }
  const within = trace.setSpan(context, span);
  for (const part of partsOf(event)) recordPart(tracer, part, within);
  span.end(startedAtMs + durationMs);
}

/** The span of a load that has ended, well or not. */
export function recordLoad(tracer: Tracer, event: VersionStateChanged): void {
  const { model, version, from, afterMs, error, atMs } = event;
  if (from !== "loading" || afterMs === undefined) return;
  const attributes = { "plinth.model": model, "plinth.version": String(version), ...errorAttributes(error?.reason) };
  const span = tracer.startSpan(`load ${model}`, { startTime: atMs - afterMs, attributes }, ROOT_CONTEXT);
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  span.end(atMs);
}

function recordPart(tracer: Tracer, { name, fromMs, toMs }: Part, within: Context): void {
  const span: Span = tracer.startSpan(name, { startTime: fromMs }, within);
  span.end(toMs);
}

/** In the order of {@link RequestTimings}: all but the last one after another from the beginning, the last up to the end. */
function partsOf({ startedAtMs, durationMs, timings }: RequestFinished): readonly Part[] {
  if (timings === undefined) return [];
  const parts: Part[] = [];
  let atMs = startedAtMs;
  for (const name of ["receive", "load", "decode", "queue", "compute"] as const) {
    const ms = timings[`${name}Ms`];
    if (ms === undefined) continue;
    parts.push({ name, fromMs: atMs, toMs: atMs + ms });
    atMs += ms;
  }
  const endMs = startedAtMs + durationMs;
  if (timings.encodeMs !== undefined) parts.push({ name: "encode", fromMs: endMs - timings.encodeMs, toMs: endMs });
  return parts;
}

/** Never a name that a client made up, so that there are few. */
function nameOf({ model = "unknown model", origin }: RequestFinished): string {
  return `${origin?.method ?? "infer"} ${model}`;
}

function attributesOf({ model, version, signature, origin, rows, error }: RequestFinished): Attributes {
  return {
    ...(model !== undefined && { "plinth.model": model }),
    ...(version !== undefined && { "plinth.version": String(version) }),
    ...(signature !== undefined && { "plinth.signature": signature }),
    ...(origin !== undefined && { "plinth.protocol": origin.protocol }),
    ...(origin?.requestId !== undefined && { "plinth.request_id": origin.requestId }),
    "plinth.rows": rows,
    ...errorAttributes(error?.reason),
  };
}

/** https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/ */
function errorAttributes(reason: string | undefined): Attributes {
  return reason === undefined ? {} : { "error.type": reason };
}
