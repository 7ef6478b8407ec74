import { PlinthError } from "@plinth/core";
import type { ElementType } from "@plinth/saved-model";
import * as tf from "@tensorflow/tfjs-core";
import { engineTypeAttribute, floatOf, textOf, typeOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { numberAt, type Ops, plain, runKernel, tensorAt, tensorsOf } from "./kernels.js";
import { concatenation } from "./strings.js";

/** Kernels of one input that TensorFlow.js calls as TensorFlow does, but for those with another name beside. */
const UNARY: Readonly<Record<string, string>> = {
  Abs: "Abs",
  Acos: "Acos",
  Acosh: "Acosh",
  Asin: "Asin",
  Asinh: "Asinh",
  Atan: "Atan",
  Atanh: "Atanh",
  Ceil: "Ceil",
  Cos: "Cos",
  Cosh: "Cosh",
  Elu: "Elu",
  Erf: "Erf",
  Exp: "Exp",
  Expm1: "Expm1",
  Floor: "Floor",
  Inv: "Reciprocal",
  IsFinite: "IsFinite",
  IsInf: "IsInf",
  IsNan: "IsNan",
  Log: "Log",
  Log1p: "Log1p",
  LogicalNot: "LogicalNot",
  Neg: "Neg",
  OnesLike: "OnesLike",
  Reciprocal: "Reciprocal",
  Relu: "Relu",
  Relu6: "Relu6",
  Rint: "Round",
  Round: "Round",
  Rsqrt: "Rsqrt",
  Selu: "Selu",
  Sigmoid: "Sigmoid",
  Sign: "Sign",
  Sin: "Sin",
  Sinh: "Sinh",
  Softplus: "Softplus",
  Sqrt: "Sqrt",
  Square: "Square",
  Tan: "Tan",
  Tanh: "Tanh",
  ZerosLike: "ZerosLike",
};

const BINARY: Readonly<Record<string, string>> = {
  Atan2: "Atan2",
  BitwiseAnd: "BitwiseAnd",
  FloorDiv: "FloorDiv",
  FloorMod: "Mod",
  Greater: "Greater",
  GreaterEqual: "GreaterEqual",
  Less: "Less",
  LessEqual: "LessEqual",
  LogicalAnd: "LogicalAnd",
  LogicalOr: "LogicalOr",
  Maximum: "Maximum",
  Minimum: "Minimum",
  Mul: "Multiply",
  Pow: "Pow",
  RealDiv: "RealDiv",
  SquaredDifference: "SquaredDifference",
  Sub: "Sub",
};

/** Whole numbers that wrap: what a cast to them does with the ones that they cannot hold. */
const NARROW: Readonly<Partial<Record<ElementType, Int32ArrayLike>>> = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
};

type Int32ArrayLike = { from(values: ArrayLike<number>): ArrayLike<number> };

const cast: CompileOp = (node) => {
  const dtype = engineTypeAttribute(node, "DstT");
  const narrow = NARROW[typeOf(node, "DstT")];
  const from = typeOf(node, "SrcT", "float32");
  if ((dtype === "string") !== (from === "string")) {
    throw new PlinthError("MODEL_UNSUPPORTED", `It casts ${from} to ${typeOf(node, "DstT")}`);
  }
  return (inputs) => {
    const result = runKernel("Cast", { x: tensorAt(inputs, 0) }, { dtype });
    return narrow === undefined ? result : mapIntegers(result, (values) => Int32Array.from(narrow.from(values)));
  };
};

function mapIntegers(tensor: tf.Tensor, map: (values: Int32Array) => Int32Array): tf.Tensor {
  return makeTensor(map(readValues(tensor) as Int32Array), tensor.shape, "int32");
}

/** Division as C does it for whole numbers: towards zero. */
const div: CompileOp = (node) => {
  const isWhole = engineTypeAttribute(node, "T", "float32") === "int32";
  return ([a, b]) => {
    if (!isWhole) return runKernel("RealDiv", { a, b });
    return tf.cast(
      tf.tidy(() => {
        const quotient = tf.div(tf.cast(a as tf.Tensor, "float32"), tf.cast(b as tf.Tensor, "float32"));
        return tf.mul(tf.sign(quotient), tf.floor(tf.abs(quotient)));
      }),
      "int32",
    );
  };
};

/** What a product or quotient is where its factor, or its divisor, is 0. */
const zeroWhere = (divisor: 0 | 1, compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): CompileOp =>
  plain((inputs) => {
    const [a, b] = tensorsOf(inputs) as [tf.Tensor, tf.Tensor];
    const result = compute(a, b);
    return tf.where(tf.equal(divisor === 0 ? a : b, 0), tf.zerosLike(result), result);
  });

const comparison = (kernel: "Equal" | "NotEqual"): CompileOp => plain(([a, b]) => runKernel(kernel, { a, b }));

const clip: CompileOp = plain((inputs) => {
  const [x, low, high] = tensorsOf(inputs) as [tf.Tensor, tf.Tensor, tf.Tensor];
  if (low.size !== 1 || high.size !== 1 || x.dtype !== "float32") {
    return runKernel("Minimum", { a: runKernel("Maximum", { a: x, b: low }), b: high });
  }
  return runKernel("ClipByValue", { x }, { clipValueMin: numberAt(inputs, 1), clipValueMax: numberAt(inputs, 2) });
});

/** `Select` picks whole rows by a vector of conditions; the others broadcast. */
const select: CompileOp = (node) => (inputs) => {
  const [condition, a, b] = tensorsOf(inputs) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const isByRows = node.op === "Select" && condition.rank === 1 && a.rank > 1;
  const rows = isByRows ? tf.reshape(condition, [condition.size, ...a.shape.slice(1).fill(1)]) : condition;
  return tf.where(rows, a, b);
};

const biasAdd: CompileOp = (node) => {
  const isChannelsFirst = textOf(node, "data_format", "NHWC") === "NCHW";
  return (inputs) => {
    const [a, bias] = tensorsOf(inputs) as [tf.Tensor, tf.Tensor];
    const b = isChannelsFirst ? tf.reshape(bias, [bias.size, ...a.shape.slice(2).fill(1)]) : bias;
    return runKernel("Add", { a, b });
  };
};

const bitwise = (combine: (a: number, b: number) => number): CompileOp =>
  plain((inputs) => {
    const [a, b] = tensorsOf(inputs) as [tf.Tensor, tf.Tensor];
    const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const left = readValues(tf.broadcastTo(a, shape)) as Int32Array;
    const right = readValues(tf.broadcastTo(b, shape)) as Int32Array;
    return makeTensor(
      Int32Array.from(left, (value, index) => combine(value, right[index] as number)),
      shape,
      "int32",
    );
  });

const add: CompileOp = (node, context, outputCount) => {
  if (typeOf(node, "T", "float32") === "string") return concatenation(node, context, outputCount);
  return ([a, b]) => runKernel("Add", { a, b });
};

/** Ops that compute each element on its own. */
export const ELEMENTWISE: Ops = {
  ...Object.fromEntries(Object.entries(UNARY).map(([op, kernel]) => [op, plain(([x]) => runKernel(kernel, { x }))])),
  ...Object.fromEntries(
    Object.entries(BINARY).map(([op, kernel]) => [op, plain(([a, b]) => runKernel(kernel, { a, b }))]),
  ),
  Add: add,
  AddN: plain((inputs) => tf.addN(tensorsOf(inputs))),
  AddV2: add,
  BiasAdd: biasAdd,
  BiasAddV1: biasAdd,
  BitwiseOr: bitwise((a, b) => a | b),
  BitwiseXor: bitwise((a, b) => a ^ b),
  Cast: cast,
  ClipByValue: clip,
  Div: div,
  DivNoNan: zeroWhere(1, (a, b) => tf.div(a, b)),
  Equal: comparison("Equal"),
  Erfc: plain((inputs) => tf.sub(1, tf.erf(tensorAt(inputs, 0)))),
  Invert: plain((inputs) => mapIntegers(tensorAt(inputs, 0), (values) => values.map((value) => ~value))),
  LeakyRelu: (node) => {
    const alpha = floatOf(node, "alpha", 0.2);
    return ([x]) => runKernel("LeakyRelu", { x }, { alpha });
  },
  LeftShift: bitwise((a, b) => a << b),
  LogSoftmax: plain((inputs) => tf.logSoftmax(tensorAt(inputs, 0))),
  MulNoNan: zeroWhere(1, (a, b) => tf.mul(a, b)),
  NotEqual: comparison("NotEqual"),
  RightShift: bitwise((a, b) => a >> b),
  Select: select,
  SelectV2: select,
  Softmax: plain((inputs) => {
    const logits = tensorAt(inputs, 0);
    return runKernel("Softmax", { logits }, { dim: logits.rank - 1 });
  }),
  Softsign: plain((inputs) => tf.div(tensorAt(inputs, 0), tf.add(tf.abs(tensorAt(inputs, 0)), 1))),
  TruncateDiv: div,
  TruncateMod: plain((inputs) => {
    const [a, b] = tensorsOf(inputs) as [tf.Tensor, tf.Tensor];
    return tf.mul(tf.sign(a), tf.mod(tf.abs(a), tf.abs(b)));
  }),
  Xdivy: zeroWhere(0, (a, b) => tf.div(a, b)),
  Xlog1py: zeroWhere(0, (a, b) => tf.mul(a, tf.log1p(b))),
  Xlogy: zeroWhere(0, (a, b) => tf.mul(a, tf.log(b))),
};
