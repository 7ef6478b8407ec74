import type { IncomingHttpHeaders } from "node:http";
import { PlinthError } from "@plinth/core";

/** Milliseconds in a unit of `grpc-timeout`: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests */
const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/**
 * Until when an answer is of use to the client, on the clock of `performance.now()`: the soonest of the server's own limit and what the
 * request says, in gRPC's `grpc-timeout` (up to eight digits and a unit, as `250m`) or in Envoy's `x-envoy-expected-rq-timeout-ms`, which
 * proxies and service meshes send along on their own.
 *
 * @param arrivedAtMs when the request's headers came
 * @throws PlinthError `REQUEST_INVALID` for a header of another form
 */
export function requestDeadline(headers: IncomingHttpHeaders, arrivedAtMs: number, limitMs: number): number {
  const grpc = headers["grpc-timeout"];
  const envoy = headers["x-envoy-expected-rq-timeout-ms"];
  if (grpc === undefined && envoy === undefined) return arrivedAtMs + limitMs;
  return arrivedAtMs + Math.min(limitMs, grpcTimeoutMs(grpc), envoyTimeoutMs(envoy));
}

function grpcTimeoutMs(value: string | readonly string[] | undefined): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  const [, digits, unit = ""] = /^([0-9]{1,8})([HMSmun])$/.exec(String(value)) ?? [];
  const unitMs = UNITS[unit];
  if (unitMs === undefined)
    throw malformed("grpc-timeout", "up to eight digits and one of H, M, S, m, u, n, as 250m", value);
  return Number(digits) * unitMs;
}

function envoyTimeoutMs(value: string | readonly string[] | undefined): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  const text = String(value);
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw malformed("x-envoy-expected-rq-timeout-ms", "a whole number of milliseconds, as 250", text);
}

function malformed(header: string, expected: string, got: string | readonly string[]): PlinthError {
  return new PlinthError(
    "REQUEST_INVALID",
    `Expected the header ${header} to be ${expected}, got ${JSON.stringify(String(got).slice(0, 64))}`,
  );
}
