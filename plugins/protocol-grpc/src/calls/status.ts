import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import type { ErrorCode, PlinthError } from "@plinth/core";
import { ErrorInfo, RetryInfo } from "@plinth/protobuf-messages/google/rpc/error_details";
import { Status } from "@plinth/protobuf-messages/google/rpc/status";

/** gRPC's number for each code. */
const STATUS_BY_CODE: Readonly<Record<ErrorCode, status>> = {
  CANCELLED: status.CANCELLED,
  UNKNOWN: status.UNKNOWN,
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  FAILED_PRECONDITION: status.FAILED_PRECONDITION,
  ABORTED: status.ABORTED,
  OUT_OF_RANGE: status.OUT_OF_RANGE,
  UNIMPLEMENTED: status.UNIMPLEMENTED,
  INTERNAL: status.INTERNAL,
  UNAVAILABLE: status.UNAVAILABLE,
  DATA_LOSS: status.DATA_LOSS,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
};

/** Longest message, in bytes: clients refuse an answer whose headers are too large. TensorFlow Serving cuts at the same length. */
const MAX_MESSAGE_BYTES = 1_024;

/** Whose reasons these are, in an `ErrorInfo`. */
const DOMAIN = "plinth";

/** Where a dialect's clients expect another code for a reason than Plinth gives. */
export type CodeOverrides = ReadonlyMap<string, ErrorCode>;

/**
 * What a client is told of an error: beside code and message, in `grpc-status-details-bin` the reason, which programs can match, and when to
 * try again, where the error says that. Clients with a retry policy are told that by `grpc-retry-pushback-ms` as well:
 * https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
 */
export function statusOf(error: PlinthError, overrides?: CodeOverrides): StatusObject {
  const code = codeOf(error, overrides);
  const message = messageOf(error);
  const retryAfterMs =
    typeof error.details.retryAfterMs === "number" ? Math.ceil(error.details.retryAfterMs) : undefined;
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", detailsOf(code, message, error.reason, retryAfterMs));
  if (retryAfterMs !== undefined) metadata.set("grpc-retry-pushback-ms", String(Math.max(1, retryAfterMs)));
  return { code, details: message, metadata };
}

/** gRPC's number for the error's code. */
export function codeOf({ code, reason }: PlinthError, overrides?: CodeOverrides): status {
  return STATUS_BY_CODE[overrides?.get(reason) ?? code];
}

/** Well-formed, because grpc-js encodes it as a URI is. */
function messageOf({ message }: PlinthError): string {
  const bytes = Buffer.from(message);
  return bytes.length <= MAX_MESSAGE_BYTES
    ? bytes.toString()
    : `${bytes.toString("utf8", 0, MAX_MESSAGE_BYTES)}...TRUNCATED`;
}

function detailsOf(code: status, message: string, reason: string, retryAfterMs: number | undefined): Buffer {
  const details = [any("ErrorInfo", ErrorInfo.encode({ reason, domain: DOMAIN, metadata: new Map() }).finish())];
  if (retryAfterMs !== undefined) {
    const retryDelay = { seconds: BigInt(Math.floor(retryAfterMs / 1_000)), nanos: (retryAfterMs % 1_000) * 1_000_000 };
    details.push(any("RetryInfo", RetryInfo.encode({ retryDelay }).finish()));
  }
  return Buffer.from(Status.encode({ code, message, details }).finish());
}

function any(name: string, value: Uint8Array): { readonly typeUrl: string; readonly value: Uint8Array } {
  return { typeUrl: `type.googleapis.com/google.rpc.${name}`, value };
}
