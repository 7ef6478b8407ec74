import type {
  DeploymentChanged,
  ErrorCode,
  ErrorOccurred,
  PlinthError,
  RequestFinished,
  ShadowCompared,
  VersionStateChanged,
} from "@plinth/core";
import type { EntryLevel, NewEntry } from "./entry.js";
import { tensorsJson } from "./samples/tensor-json.js";

/** Codes of what went wrong in the server, and not in the request. */
const SERVER_FAULTS: ReadonlySet<ErrorCode> = new Set(["INTERNAL", "UNKNOWN", "DATA_LOSS", "UNAVAILABLE"]);

/** Longest text of an error or a stack that is kept, in characters. */
const MAX_TEXT = 8_192;

/** Causes of causes that are told of. */
const MAX_CAUSES = 4;

export function deploymentEntry({ revision }: DeploymentChanged): NewEntry {
  const { model, action, who, why, atMs, revision: number } = revision;
  const version = "version" in action && action.version !== undefined ? { version: String(action.version) } : {};
  return {
    at: isoTime(atMs),
    level: "info",
    kind: "deployment",
    model,
    ...version,
    message: `Revision ${number}: ${action.kind} by ${who}${why === undefined ? "" : `, because: ${why}`}`,
    details: { revision: number, action: action.kind, who, ...(why !== undefined && { why }) },
  };
}

export function stateEntry({ model, version, from, to, afterMs, error, atMs }: VersionStateChanged): NewEntry {
  return {
    at: isoTime(atMs),
    level: error === undefined ? "info" : "error",
    kind: "state",
    model,
    version: String(version),
    message: `Version ${version} of ${model}: ${from ?? "unknown"} -> ${to}${error === undefined ? "" : `: ${cut(error.message)}`}`,
    ...errorFields(error, true),
    ...(afterMs !== undefined && { durationMs: afterMs }),
    details: { from: from ?? null, to },
  };
}

/** Those that agreed are not worth a line. */
export function shadowEntry(event: ShadowCompared): NewEntry | undefined {
  const { model, version, shadowVersion, signature, agreed, maxDifference, error } = event;
  if (agreed) return undefined;
  return {
    at: isoTime(Date.now()),
    level: "warn",
    kind: "shadow",
    model,
    version: String(version),
    signature,
    message:
      error === undefined
        ? `Version ${shadowVersion} answered another thing than version ${version}`
        : `Version ${shadowVersion} failed where version ${version} did not: ${cut(error.message)}`,
    ...errorFields(error, false),
    details: {
      shadowVersion: String(shadowVersion),
      ...(maxDifference !== undefined && {
        maxDifference: Number.isFinite(maxDifference) ? maxDifference : String(maxDifference),
      }),
    },
  };
}

export function errorEntry({ error, model, version }: ErrorOccurred): NewEntry {
  return {
    at: isoTime(Date.now()),
    level: "error",
    kind: "error",
    ...(model !== undefined && { model }),
    ...(version !== undefined && { version: String(version) }),
    message: cut(error.message),
    ...errorFields(error, true),
  };
}

/** @param inputs whether those that the event has are kept */
export function failureEntry(
  event: RequestFinished,
  error: PlinthError,
  inputs: boolean,
  redact: readonly string[],
): NewEntry {
  const isServers = SERVER_FAULTS.has(error.code);
  return {
    ...requestFields(event, isServers ? "error" : "warn"),
    kind: "failure",
    message: cut(error.message),
    ...errorFields(error, isServers),
    ...(inputs && event.sample !== undefined && { inputs: tensorsJson(event.sample.inputs, redact) }),
  };
}

export function sampleEntry(event: RequestFinished, redact: readonly string[]): NewEntry {
  const { sample, model, version, rows, timings } = event;
  return {
    ...requestFields(event, "info"),
    kind: "request",
    message: `A request to ${model} version ${version}`,
    ...(sample !== undefined && { inputs: tensorsJson(sample.inputs, redact) }),
    ...(sample?.outputs !== undefined && { outputs: tensorsJson(sample.outputs, redact) }),
    details: { rows, ...timings },
  };
}

/** How many requests failed beyond those that were written one by one. */
export function surplusEntry(reasons: ReadonlyMap<string, number>): NewEntry {
  const total = [...reasons.values()].reduce((sum, count) => sum + count, 0);
  return {
    at: isoTime(Date.now()),
    level: "warn",
    kind: "failure",
    message: `${total} more requests failed`,
    details: { reasons: Object.fromEntries(reasons) },
  };
}

function requestFields(event: RequestFinished, level: EntryLevel): Omit<NewEntry, "kind" | "message"> {
  const { model, version, signature, origin, startedAtMs, durationMs } = event;
  return {
    at: isoTime(startedAtMs),
    level,
    ...(model !== undefined && { model }),
    ...(version !== undefined && { version: String(version) }),
    ...(signature !== undefined && { signature }),
    ...(origin !== undefined && { protocol: origin.protocol }),
    ...(origin?.requestId !== undefined && { requestId: origin.requestId }),
    ...(origin?.traceparent !== undefined && { traceparent: origin.traceparent }),
    durationMs,
  };
}

function errorFields(error: PlinthError | undefined, withStack: boolean): Pick<NewEntry, "reason" | "code" | "stack"> {
  if (error === undefined) return {};
  const stack = withStack ? stackOf(error, MAX_CAUSES) : undefined;
  return { reason: error.reason, code: error.code, ...(stack !== undefined && { stack: cut(stack) }) };
}

function stackOf({ stack, cause }: Error, causes: number): string | undefined {
  if (!(cause instanceof Error) || causes === 0) return stack;
  return `${stack}\ncaused by: ${stackOf(cause, causes - 1)}`;
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}...`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
