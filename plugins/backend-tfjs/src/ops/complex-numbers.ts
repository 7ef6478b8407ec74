import * as tf from "@tensorflow/tfjs-core";
import { boolOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { isTensor, type Value } from "../graph/values.js";
import { type Ops, outputsOf, plain, runKernel, tensorAt } from "./kernels.js";

/** What does to real and imaginary parts what it does to real numbers: it moves elements, or is linear. */
const BY_PARTS: ReadonlySet<string> = new Set([
  "Add",
  "AddN",
  "AddV2",
  "BroadcastTo",
  "Concat",
  "ConcatV2",
  "Cumsum",
  "ExpandDims",
  "Fill",
  "Gather",
  "GatherNd",
  "GatherV2",
  "MatrixBandPart",
  "MatrixDiag",
  "Mean",
  "MirrorPad",
  "Neg",
  "Pack",
  "Pad",
  "Reshape",
  "ReverseV2",
  "Select",
  "SelectV2",
  "Slice",
  "Split",
  "SplitV",
  "Squeeze",
  "StridedSlice",
  "Sub",
  "Sum",
  "Tile",
  "Transpose",
  "Unpack",
  "UnsortedSegmentSum",
  "ZerosLike",
]);

/** Products, linear in each of two factors. */
const PRODUCTS: ReadonlySet<string> = new Set([
  "BatchMatMul",
  "BatchMatMulV2",
  "BatchMatMulV3",
  "Einsum",
  "MatMul",
  "Mul",
]);

/** What is told of complex numbers without computing with them. */
const OF_SHAPES: ReadonlySet<string> = new Set(["Rank", "Shape", "ShapeN", "Size"]);

/** An op on complex numbers made of the one on real numbers; `undefined` where it is not so made. */
export function complexOp(op: string, compile: CompileOp): CompileOp | undefined {
  if (Object.hasOwn(OPS, op)) return OPS[op];
  if (OF_SHAPES.has(op)) return compile;
  if (BY_PARTS.has(op)) return byParts(compile);
  return PRODUCTS.has(op) ? product(compile) : undefined;
}

const byParts =
  (compile: CompileOp): CompileOp =>
  (node, context, outputCount) => {
    const kernel = compile(node, context, outputCount);
    return (inputs) =>
      tf.tidy(() => {
        const [re, im] = [outputsOf(kernel, inputs.map(realPart)), outputsOf(kernel, inputs.map(imaginaryPart))];
        return re.map((each, index) => tf.complex(each, im[index] as tf.Tensor));
      });
  };

const product =
  (compile: CompileOp): CompileOp =>
  (node, context, outputCount) => {
    const kernel = compile(node, context, outputCount);
    const isAdjoint = ["adj_x", "adj_y"].map((name) => boolOf(node, name));
    return (inputs) => {
      if (inputs.length === 1) return byParts(compile)(node, context, outputCount)(inputs);
      return tf.tidy(() => {
        const [a, b] = inputs.map((input, index) => (isAdjoint[index] === true ? conjugate(input) : input)) as [
          Value,
          Value,
        ];
        const times = (left: Value, right: Value) => outputsOf(kernel, [left, right])[0] as tf.Tensor;
        const [aRe, aIm, bRe, bIm] = [realPart(a), imaginaryPart(a), realPart(b), imaginaryPart(b)];
        return tf.complex(tf.sub(times(aRe, bRe), times(aIm, bIm)), tf.add(times(aRe, bIm), times(aIm, bRe)));
      });
    };
  };

function isComplex(value: Value): value is tf.Tensor {
  return isTensor(value) && value.dtype === "complex64";
}

/** Shapes and indices beside complex numbers stay as they are. */
function realPart(value: Value): Value {
  return isComplex(value) ? tf.real(value) : value;
}

function imaginaryPart(value: Value): Value {
  return isComplex(value) ? tf.imag(value) : value;
}

function conjugate(value: Value): tf.Tensor {
  const x = value as tf.Tensor;
  return isComplex(x) ? tf.complex(tf.real(x), tf.neg(tf.imag(x))) : x;
}

function quotient(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [aRe, aIm, bRe, bIm] = [tf.real(a), tf.imag(a), tf.real(b), tf.imag(b)];
  const square = tf.add(tf.square(bRe), tf.square(bIm));
  return tf.complex(
    tf.div(tf.add(tf.mul(aRe, bRe), tf.mul(aIm, bIm)), square),
    tf.div(tf.sub(tf.mul(aIm, bRe), tf.mul(aRe, bIm)), square),
  );
}

const divided: CompileOp = plain((inputs) => tf.tidy(() => quotient(tensorAt(inputs, 0), tensorAt(inputs, 1))));

const equal = (inputs: readonly Value[]): tf.Tensor => {
  const [a, b] = [tensorAt(inputs, 0), tensorAt(inputs, 1)];
  return tf.logicalAnd(tf.equal(tf.real(a), tf.real(b)), tf.equal(tf.imag(a), tf.imag(b)));
};

/** Ops that are there for complex numbers alone. */
export const COMPLEX_NUMBERS: Ops = {
  Angle: plain((inputs) => tf.tidy(() => tf.atan2(tf.imag(tensorAt(inputs, 0)), tf.real(tensorAt(inputs, 0))))),
  ComplexAbs: plain(([x]) => runKernel("ComplexAbs", { x })),
  Conj: plain(([x]) => tf.tidy(() => conjugate(x as Value))),
  Imag: plain(([input]) => runKernel("Imag", { input })),
  Real: plain(([input]) => runKernel("Real", { input })),
};

const OPS: Ops = {
  ...COMPLEX_NUMBERS,
  Div: divided,
  Equal: plain((inputs) => tf.tidy(() => equal(inputs))),
  NotEqual: plain((inputs) => tf.tidy(() => tf.logicalNot(equal(inputs)))),
  RealDiv: divided,
  Square: plain((inputs) =>
    tf.tidy(() => {
      const [re, im] = [tf.real(tensorAt(inputs, 0)), tf.imag(tensorAt(inputs, 0))];
      return tf.complex(tf.sub(tf.square(re), tf.square(im)), tf.mul(tf.mul(re, im), 2));
    }),
  ),
};
