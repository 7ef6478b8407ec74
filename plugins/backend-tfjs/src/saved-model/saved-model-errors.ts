import { type ErrorReason, PlinthError } from "@plinth/core";
import { SavedModelError } from "@plinth/saved-model";

/** What is wrong with a SavedModel, in Plinth's words. */
export function modelError(thrown: unknown): PlinthError {
  if (!(thrown instanceof SavedModelError)) return PlinthError.from(thrown);
  const { message, reason } = thrown;
  return new PlinthError(reasonOf(reason), message, { details: { fault: reason }, cause: thrown });
}

function reasonOf(reason: SavedModelError["reason"]): ErrorReason {
  switch (reason) {
    case "UNSUPPORTED":
    case "TAGS_NOT_FOUND":
    case "INPUT_NOT_FED":
    case "TOO_LARGE":
    case "TOO_DEEP":
      return "MODEL_UNSUPPORTED";
    default:
      return "MODEL_FILE_INVALID";
  }
}

/** Why a model of which nothing can be served is not loaded: what the first signature lacks, and how many more do. */
export function refusalOf(refused: ReadonlyMap<string, PlinthError>): PlinthError {
  const [first] = refused;
  if (first === undefined) {
    return new PlinthError(
      "MODEL_UNSUPPORTED",
      "The model has no signature and no function to call: export it with one",
    );
  }
  const [name, error] = first;
  const others = refused.size > 1 ? ` (${refused.size - 1} more signatures cannot be served either)` : "";
  return new PlinthError(
    { code: error.code, reason: error.reason },
    `Signature ${JSON.stringify(name)} cannot be served: ${error.message}${others}`,
    {
      details: { ...error.details, signature: name },
      cause: error,
    },
  );
}
