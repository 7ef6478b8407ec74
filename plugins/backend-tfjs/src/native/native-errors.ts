import { type ErrorReason, PlinthError } from "@plinth/core";

/** How the binding begins what a session of TensorFlow's says; its status, which told whose fault it was, is lost there. */
const FROM_SESSION = /^Session fail to run with error: /;

/** How it begins what a single op says, with `TF_INVALID_ARGUMENT` or `TF_OUT_OF_RANGE` of TensorFlow's tf_status.h. */
const REFUSED_BY_OP = /^Invalid TF_Status: (?:3|11)\b/;

/**
 * Words of those of TensorFlow's failures that are not of what it was given: memory, kernels that are not built in, variables, tables and
 * files that are not there, and failures inside of libraries.
 */
const NOT_OF_INPUTS =
  /\bOOM\b|out of memory|failed to allocate|No OpKernel|not registered|not initiali[sz]ed|uninitiali[sz]ed|does not exist|could not find|no such file|not (?:supported|implemented)|unimplemented|unsupported|cancelled|exception|internal error|must feed a value|is not in graph/i;

const OF_SHAPES = /\b(?:shapes?|rank|dimensions?|incompatible|broadcast)\b/i;

/**
 * Why a session could not be run. All that TensorFlow's kernels find out of values is the client's mistake: an example without a feature, an
 * image that is none, an index past a table, an assertion of the model.
 */
export function sessionError(thrown: unknown): PlinthError {
  if (thrown instanceof PlinthError) return thrown;
  const said = PlinthError.from(thrown).message;
  const message = said.replace(FROM_SESSION, "").trim();
  return new PlinthError(
    reasonOf(message, FROM_SESSION.test(said)),
    `The model could not be run on these inputs: ${message}`,
    { cause: thrown },
  );
}

function reasonOf(message: string, isFromSession: boolean): ErrorReason {
  if (NOT_OF_INPUTS.test(message)) return "MODEL_RUN_FAILED";
  if (OF_SHAPES.test(message)) return "INPUT_SHAPE_MISMATCH";
  return isFromSession ? "TENSOR_INVALID" : "MODEL_RUN_FAILED";
}

/** Whether this is what one of TensorFlow's kernels says of what it was given, run by itself. */
export function isRefusedByOp(message: string): boolean {
  return REFUSED_BY_OP.test(message);
}
