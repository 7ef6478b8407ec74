/** gRPC's status codes but `OK`: https://grpc.io/docs/guides/status-codes. Protocols map these to their own numbers. */
export const ERROR_CODES = [
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Every reason that Plinth itself gives, with the code it belongs to. What each means stands in docs/errors.md. */
export const ERROR_REASONS = {
  BATCH_OUTPUT_INVALID: "INTERNAL",
  BATCH_TOO_LARGE: "INVALID_ARGUMENT",
  CANCELLED: "CANCELLED",
  CHANGE_INVALID: "INVALID_ARGUMENT",
  CONFIG_INVALID: "INVALID_ARGUMENT",
  DEADLINE_EXCEEDED: "DEADLINE_EXCEEDED",
  EXECUTOR_DIED: "UNAVAILABLE",
  FILES_INVALID: "INVALID_ARGUMENT",
  INPUT_DTYPE_MISMATCH: "INVALID_ARGUMENT",
  INPUT_MISSING: "INVALID_ARGUMENT",
  INPUT_SHAPE_MISMATCH: "INVALID_ARGUMENT",
  INPUT_UNKNOWN: "INVALID_ARGUMENT",
  INTERNAL: "INTERNAL",
  LABEL_NOT_FOUND: "INVALID_ARGUMENT",
  LABEL_PROTECTED: "FAILED_PRECONDITION",
  MEMORY_BUDGET_EXCEEDED: "RESOURCE_EXHAUSTED",
  MEMORY_IN_USE: "RESOURCE_EXHAUSTED",
  MODEL_DESCRIPTION_INVALID: "FAILED_PRECONDITION",
  MODEL_FILE_INVALID: "FAILED_PRECONDITION",
  MODEL_FORMAT_UNKNOWN: "FAILED_PRECONDITION",
  MODEL_IN_USE: "FAILED_PRECONDITION",
  MODEL_NAME_INVALID: "INVALID_ARGUMENT",
  MODEL_NOT_FOUND: "NOT_FOUND",
  MODEL_RUN_FAILED: "INTERNAL",
  MODEL_UNSUPPORTED: "UNIMPLEMENTED",
  NOT_IMPLEMENTED: "UNIMPLEMENTED",
  OUTPUT_UNKNOWN: "INVALID_ARGUMENT",
  PERMISSION_DENIED: "PERMISSION_DENIED",
  PINNED_BY_CONFIG: "FAILED_PRECONDITION",
  PLUGIN_FAILED: "INTERNAL",
  PLUGIN_INVALID: "FAILED_PRECONDITION",
  PLUGIN_NOT_FOUND: "NOT_FOUND",
  QUEUE_FULL: "RESOURCE_EXHAUSTED",
  RECORD_CONFLICT: "ABORTED",
  REQUEST_INVALID: "INVALID_ARGUMENT",
  REQUEST_TOO_LARGE: "RESOURCE_EXHAUSTED",
  RESTART_NEEDED: "FAILED_PRECONDITION",
  REVISION_CONFLICT: "ABORTED",
  REVISION_NOT_FOUND: "NOT_FOUND",
  SIGNATURE_NOT_FOUND: "INVALID_ARGUMENT",
  STORAGE_CLOSED: "UNAVAILABLE",
  STORAGE_FULL: "RESOURCE_EXHAUSTED",
  STORAGE_UNAVAILABLE: "UNAVAILABLE",
  STREAM_ONLY: "UNIMPLEMENTED",
  TENSOR_INVALID: "INVALID_ARGUMENT",
  TOKEN_MISSING: "UNAUTHENTICATED",
  TOKEN_UNKNOWN: "UNAUTHENTICATED",
  VERSION_EXISTS: "ALREADY_EXISTS",
  VERSION_INVALID: "INVALID_ARGUMENT",
  VERSION_IN_USE: "FAILED_PRECONDITION",
  VERSION_NOT_AVAILABLE: "UNAVAILABLE",
  VERSION_NOT_FOUND: "NOT_FOUND",
} as const;

/** A stable word for what went wrong; programs match it, messages may change. */
export type ErrorReason = keyof typeof ERROR_REASONS;

/** A plugin's own reason, in capitals with underscores, with the code it belongs to. */
export interface CustomReason {
  readonly code: ErrorCode;
  readonly reason: string;
}

export interface PlinthErrorOptions {
  /** Facts for programs: names, figures. Never secrets; protocols may send them. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The one error that crosses a boundary of Plinth. Its message says what was expected, what came, and the likely fix.
 */
export class PlinthError extends Error {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(reason: ErrorReason | CustomReason, message: string, options: PlinthErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PlinthError";
    this.code = typeof reason === "string" ? ERROR_REASONS[reason] : reason.code;
    this.reason = typeof reason === "string" ? reason : reason.reason;
    this.details = options.details ?? {};
  }

  /**
   * Anything that was thrown, as a `PlinthError`: itself if it is one (also one of another copy of this package), `CANCELLED`
   * for an abort, else `fallback`, with what was thrown as the cause.
   */
  static from(thrown: unknown, fallback: ErrorReason = "INTERNAL"): PlinthError {
    if (thrown instanceof PlinthError) return thrown;
    if (thrown instanceof Error) {
      const { name, message } = thrown;
      if (name === "PlinthError" && isForeignPlinthError(thrown)) {
        return new PlinthError({ code: thrown.code, reason: thrown.reason }, message, {
          details: thrown.details,
          cause: thrown,
        });
      }
      if (name === "AbortError") return new PlinthError("CANCELLED", message, { cause: thrown });
      if (name === "TimeoutError") return new PlinthError("DEADLINE_EXCEEDED", message, { cause: thrown });
      return new PlinthError(fallback, message, { cause: thrown });
    }
    return new PlinthError(fallback, String(thrown), { cause: thrown });
  }
}

/** A plugin may bring its own copy of this package; its errors are of another class but of the same shape. */
function isForeignPlinthError(thrown: Error): thrown is PlinthError {
  const candidate = thrown as Partial<PlinthError>;
  return (
    ERROR_CODES.includes(candidate.code as ErrorCode) &&
    typeof candidate.reason === "string" &&
    typeof candidate.details === "object"
  );
}
