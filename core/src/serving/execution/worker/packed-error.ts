import { type ErrorCode, PlinthError } from "../../../model/errors.js";
import { cloneableFields } from "./cloneable.js";

/** A {@link PlinthError} that can be cloned. */
export interface PackedError {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Where it was thrown, and what caused it, for the log. */
  readonly stack: string | undefined;
}

/** Causes of causes that are told of. */
const MAX_CAUSES = 4;

/** Details are facts for programs; what cannot cross is left out rather than hiding the error. */
export function packError(thrown: unknown): PackedError {
  const error = PlinthError.from(thrown);
  const { code, reason, message, details } = error;
  return { code, reason, message, details: cloneableFields(details), stack: stackOf(error, MAX_CAUSES) };
}

export function unpackError({ code, reason, message, details, stack }: PackedError): PlinthError {
  const error = new PlinthError({ code, reason }, message, { details });
  if (stack !== undefined) error.stack = stack;
  return error;
}

function stackOf({ stack, cause }: Error, causes: number): string | undefined {
  if (!(cause instanceof Error) || causes === 0) return stack;
  return `${stack}\ncaused by: ${stackOf(cause, causes - 1)}`;
}
