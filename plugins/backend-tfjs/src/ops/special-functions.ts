import { boolOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { numberAt, type Ops, plain, positiveAxis, tensorAt } from "./kernels.js";

const each = (compute: (value: number) => number): CompileOp =>
  plain((inputs) => {
    const x = tensorAt(inputs, 0);
    return makeTensor(Float32Array.from(readValues(x) as Float32Array, compute), x.shape, "float32");
  });

/** Coefficients of Lanczos' approximation for g = 7 (Numerical Recipes' form; Godfrey, 2001). */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** The logarithm of the absolute value of the gamma function. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x);
  const at = x - 1;
  const sum = LANCZOS.reduce(
    (total, coefficient, index) => (index === 0 ? coefficient : total + coefficient / (at + index)),
    0,
  );
  const far = at + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (at + 0.5) * Math.log(far) - far + Math.log(sum);
}

/** Its derivative: by its recurrence up to where the asymptotic series holds (DLMF 5.5.2, 5.5.4, 5.11.2). */
function digamma(x: number): number {
  if (x <= 0 && Number.isInteger(x)) return Number.NaN;
  if (x < 0) return digamma(1 - x) - Math.PI / Math.tan(Math.PI * x);
  let [at, shift] = [x, 0];
  for (; at < 10; at++) shift -= 1 / at;
  const square = 1 / (at * at);
  const series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))));
  return shift + Math.log(at) - 0.5 / at - series;
}

const CENTRAL = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
] as const;

const TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
] as const;

/** The inverse of the error function, to float32 (Giles, 2010), from `x` and `(1 - x) * (1 + x)`. */
function inverseErf(x: number, rest: number): number {
  if (!(rest > 0)) return rest === 0 ? x * Number.POSITIVE_INFINITY : Number.NaN;
  const w = -Math.log(rest);
  const [coefficients, at] = w < 5 ? [CENTRAL, w - 2.5] : [TAIL, Math.sqrt(w) - 3];
  return x * coefficients.reduce((sum: number, coefficient) => sum * at + coefficient, 0);
}

/** The logarithm of the sum of all up to each one, along an axis. */
const cumulativeLogSumExp: CompileOp = (node) => {
  const [isExclusive, isReverse] = [boolOf(node, "exclusive"), boolOf(node, "reverse")];
  return (inputs) => {
    const x = tensorAt(inputs, 0);
    const axis = positiveAxis(numberAt(inputs, 1), x.rank);
    const values = readValues(x) as Float32Array;
    const length = x.shape[axis] ?? 1;
    const stride = x.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
    const result = new Float32Array(values.length);
    for (let line = 0; line < values.length / length; line++) {
      const begin = Math.floor(line / stride) * stride * length + (line % stride);
      let total = Number.NEGATIVE_INFINITY;
      for (let step = 0; step < length; step++) {
        const at = begin + (isReverse ? length - 1 - step : step) * stride;
        const sum = logSum(total, values[at] as number);
        result[at] = isExclusive ? total : sum;
        total = sum;
      }
    }
    return makeTensor(result, x.shape, "float32");
  };
};

function logSum(a: number, b: number): number {
  const most = Math.max(a, b);
  return most === Number.NEGATIVE_INFINITY ? most : most + Math.log1p(Math.exp(Math.min(a, b) - most));
}

/** Functions of analysis and probability that TensorFlow.js lacks. */
export const SPECIAL_FUNCTIONS: Ops = {
  CumulativeLogsumexp: cumulativeLogSumExp,
  Digamma: each(digamma),
  Erfinv: each((x) => inverseErf(x, (1 - x) * (1 + x))),
  Lgamma: each(logGamma),
  Ndtri: each((p) => Math.SQRT2 * inverseErf(2 * p - 1, 4 * p * (1 - p))),
};
