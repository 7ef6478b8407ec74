import { PlinthError } from "@plinth/core";
import type { GraphNode } from "@plinth/saved-model";
import type { CompileOp } from "../graph/compile-program.js";
import { ASSERTIONS } from "./assertions.js";
import { BOX_SUPPRESSION } from "./box-suppression.js";
import { COLOURS } from "./colours.js";
import { COMPLEX_NUMBERS, complexOp } from "./complex-numbers.js";
import { CONTROL_FLOW } from "./control-flow.js";
import { converterOp, isConverterOp } from "./converter-ops.js";
import { CONVOLUTIONS } from "./convolutions.js";
import { DECODE_IMAGES } from "./decode-images.js";
import { DIAGONALS } from "./diagonals.js";
import { ELEMENTWISE } from "./elementwise.js";
import { ENCODE_IMAGES } from "./encode-images.js";
import { HASHING } from "./hashing.js";
import { IMAGES } from "./images.js";
import { elementTypeOf, nameOf, type Ops } from "./kernels.js";
import { LINEAR_ALGEBRA } from "./linear-algebra.js";
import { LOSSES } from "./losses.js";
import { MATRICES } from "./matrices.js";
import { byNumbers, movesElements } from "./moved-strings.js";
import { PARSE_EXAMPLES } from "./parse-examples.js";
import { PARSE_SEQUENCES } from "./parse-sequences.js";
import { QUANTIZATION } from "./quantization.js";
import { RAGGED } from "./ragged.js";
import { RAGGED_PARTS } from "./ragged-parts.js";
import { REDUCTIONS } from "./reductions.js";
import { RESIZING } from "./resizing.js";
import { SCATTERING } from "./scattering.js";
import { SEGMENTS } from "./segments.js";
import { SEQUENCES } from "./sequences.js";
import { SHAPES } from "./shapes.js";
import { SPARSE } from "./sparse.js";
import { SPECIAL_FUNCTIONS } from "./special-functions.js";
import { STRING_FORMAT } from "./string-format.js";
import { STRINGS } from "./strings.js";
import { TABLES } from "./tables.js";
import { TENSOR_LISTS } from "./tensor-lists.js";
import { UNICODE } from "./unicode.js";
import { VARIABLES } from "./variables.js";

const OPS: Ops = {
  ...ASSERTIONS,
  ...BOX_SUPPRESSION,
  ...COLOURS,
  ...COMPLEX_NUMBERS,
  ...CONTROL_FLOW,
  ...CONVOLUTIONS,
  ...DECODE_IMAGES,
  ...DIAGONALS,
  ...ELEMENTWISE,
  ...ENCODE_IMAGES,
  ...HASHING,
  ...IMAGES,
  ...LINEAR_ALGEBRA,
  ...LOSSES,
  ...MATRICES,
  ...PARSE_EXAMPLES,
  ...PARSE_SEQUENCES,
  ...QUANTIZATION,
  ...RAGGED,
  ...RAGGED_PARTS,
  ...REDUCTIONS,
  ...RESIZING,
  ...SCATTERING,
  ...SEGMENTS,
  ...SEQUENCES,
  ...SHAPES,
  ...SPARSE,
  ...SPECIAL_FUNCTIONS,
  ...STRINGS,
  ...STRING_FORMAT,
  ...TABLES,
  ...TENSOR_LISTS,
  ...UNICODE,
  ...VARIABLES,
};

/** Ops that need no kernel, as they only place a value in the graph. */
const PLACES: ReadonlySet<string> = new Set([
  "CheckNumerics",
  "Const",
  "EnsureShape",
  "Enter",
  "Exit",
  "Identity",
  "IdentityN",
  "NextIteration",
  "NoOp",
  "Placeholder",
  "PlaceholderWithDefault",
  "PreventGradient",
  "Snapshot",
  "StopGradient",
]);

/**
 * What computes a node: a kernel of our own where there is one, else TensorFlow.js's converter.
 *
 * @throws PlinthError `MODEL_UNSUPPORTED` for what is not computed with complex numbers
 */
export function findOp(node: GraphNode): CompileOp {
  const compile = (Object.hasOwn(OPS, node.op) ? OPS[node.op] : undefined) ?? converterOp;
  const type = elementTypeOf(node);
  if (type === "string" && movesElements(node.op)) return byNumbers(compile);
  if (type === undefined || !type.startsWith("complex")) return compile;
  const onComplex = complexOp(node.op, compile);
  if (onComplex !== undefined) return onComplex;
  throw new PlinthError(
    "MODEL_UNSUPPORTED",
    `The ${nameOf(node)} computes with complex numbers, which this engine does not: the engine native has all of TensorFlow's ops`,
  );
}

export function isSupported(op: string): boolean {
  return Object.hasOwn(OPS, op) || PLACES.has(op) || isConverterOp(op);
}
