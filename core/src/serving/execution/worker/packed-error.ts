import { type ErrorCode, PlinthError } from "../../../model/errors.js";

/** A {@link PlinthError} that can be cloned. */
export interface PackedError {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** The stack of what was thrown, for the log. */
  readonly stack: string | undefined;
}

export function packError(thrown: unknown): PackedError {
  const { code, reason, message, details, stack } = PlinthError.from(thrown);
  return { code, reason, message, details: cloneable(details), stack };
}

export function unpackError({ code, reason, message, details, stack }: PackedError): PlinthError {
  const error = new PlinthError({ code, reason }, message, { details });
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** Details are facts for programs; what cannot cross is left out rather than hiding the error. */
function cloneable(details: PackedError["details"]): PackedError["details"] {
  try {
    return structuredClone(details);
  } catch {
    return {};
  }
}
