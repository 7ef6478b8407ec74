import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import type { ErrorCode, PlinthError } from "@plinth/core";

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

/** Longest message, in characters: clients refuse an answer whose headers are too large. TensorFlow Serving cuts at the same length. */
const MAX_MESSAGE_LENGTH = 1_024;

/** Where a dialect's clients expect another code for a reason than Plinth gives. */
export type CodeOverrides = ReadonlyMap<string, ErrorCode>;

/**
 * What a client is told of an error. Where the error says when to try again, `grpc-retry-pushback-ms` has clients with a retry policy wait for
 * so long: https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
 */
export function statusOf(error: PlinthError, overrides?: CodeOverrides): StatusObject {
  const metadata = new Metadata();
  const { retryAfterMs } = error.details;
  if (typeof retryAfterMs === "number")
    metadata.set("grpc-retry-pushback-ms", String(Math.max(1, Math.ceil(retryAfterMs))));
  return { code: codeOf(error, overrides), details: messageOf(error), metadata };
}

/** gRPC's number for the error's code. */
export function codeOf({ code, reason }: PlinthError, overrides?: CodeOverrides): status {
  return STATUS_BY_CODE[overrides?.get(reason) ?? code];
}

/** Well-formed, because grpc-js encodes it as a URI is. */
function messageOf({ message }: PlinthError): string {
  const text = message.toWellFormed();
  return text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH).toWellFormed()}...TRUNCATED`;
}
