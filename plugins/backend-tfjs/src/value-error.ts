import { PlinthError } from "@plinth/core";

/** What a model finds wrong with the values that it is given, which is the client's mistake: `TENSOR_INVALID`. */
export function valueError(message: string, cause?: unknown): PlinthError {
  return new PlinthError("TENSOR_INVALID", message, cause === undefined ? {} : { cause });
}
