import * as tf from "@tensorflow/tfjs-core";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { runKernel } from "./kernels.js";

/**
 * Einstein's summation, as products of matrices: TensorFlow.js's own makes a tensor of all products first, elements by elements. Letters
 * that two operands and the result share are batches; those that the operands share and the result lacks are summed.
 */
export function einsum(equation: string, operands: readonly Tensor[]): Tensor {
  const [left = "", right] = equation.replaceAll(/\s/g, "").split("->");
  const terms = left.split(",");
  if (right === undefined || terms.length !== operands.length) throw new Error(`The equation ${equation} does not fit`);
  const [first, second] = operands;
  if (first === undefined || operands.length > 2) throw new Error(`Expected one or two operands for ${equation}`);
  return tidy(() => {
    const ranks = operands.map(({ rank }) => rank);
    const [a, b, result] = withoutEllipsis([...terms, right], ranks);
    if (second === undefined) return reorder(sumAway(first, a as string, b as string), b as string);
    return multiply(
      { tensor: first, letters: a as string },
      { tensor: second, letters: b as string },
      result as string,
    );
  });
}

/** A tensor whose axes have letters. */
interface Lettered {
  readonly tensor: Tensor;
  readonly letters: string;
}

/** Axes that `...` stands for get letters that no equation has, aligned at the end. */
function withoutEllipsis(terms: readonly string[], ranks: readonly number[]): string[] {
  const counts = terms.map((term, index) => (term.includes("...") ? (ranks[index] ?? 0) - (term.length - 3) : 0));
  const most = Math.max(...counts.slice(0, ranks.length));
  return terms.map((term, index) => {
    const count = index < ranks.length ? (counts[index] as number) : most;
    const letters = Array.from({ length: count }, (_, axis) => String.fromCharCode(0x3b1 + most - count + axis)).join(
      "",
    );
    return term.replace("...", letters);
  });
}

function multiply(a: Lettered, b: Lettered, result: string): Tensor {
  const left = sumAway(a.tensor, a.letters, b.letters + result);
  const right = sumAway(b.tensor, b.letters, a.letters + result);
  const shared = (letter: string) => right.letters.includes(letter);
  const batch = [...left.letters].filter((letter) => shared(letter) && result.includes(letter)).join("");
  const summed = [...left.letters].filter((letter) => shared(letter) && !result.includes(letter)).join("");
  const onlyLeft = [...left.letters].filter((letter) => !shared(letter)).join("");
  const onlyRight = [...right.letters].filter((letter) => !left.letters.includes(letter)).join("");
  const lengths = new Map([...lengthsOf(left), ...lengthsOf(right)]);
  for (const [letter, length] of lengthsOf(left)) if (length !== 1) lengths.set(letter, length);
  const count = (letters: string) => [...letters].reduce((product, letter) => product * (lengths.get(letter) ?? 1), 1);
  const matrices = (each: Lettered, order: string, rows: string, columns: string) =>
    tf.reshape(spread(reorder(each, order), order, batch, lengths), [count(batch), count(rows), count(columns)]);
  const product = runKernel(
    "BatchMatMul",
    {
      a: matrices(left, batch + onlyLeft + summed, onlyLeft, summed),
      b: matrices(right, batch + summed + onlyRight, summed, onlyRight),
    },
    { transposeA: false, transposeB: false },
  );
  const letters = batch + onlyLeft + onlyRight;
  const shaped = tf.reshape(
    product,
    [...letters].map((letter) => lengths.get(letter) ?? 1),
  );
  return reorder({ tensor: shaped, letters }, result);
}

/** Batches of length 1 broadcast. */
function spread(tensor: Tensor, order: string, batch: string, lengths: ReadonlyMap<string, number>): Tensor {
  const shape = [...order].map((letter, axis) =>
    batch.includes(letter) ? (lengths.get(letter) ?? 1) : (tensor.shape[axis] as number),
  );
  return shape.every((length, axis) => length === tensor.shape[axis]) ? tensor : tf.broadcastTo(tensor, shape);
}

function lengthsOf({ tensor, letters }: Lettered): [string, number][] {
  return [...letters].map((letter, axis) => [letter, tensor.shape[axis] as number]);
}

/** Sums the axes whose letter nothing else has. */
function sumAway(tensor: Tensor, letters: string, kept: string): Lettered {
  const axes = [...letters].flatMap((letter, axis) => (kept.includes(letter) ? [] : axis));
  if (new Set(letters).size !== letters.length) throw new Error(`A letter stands twice in ${letters}`);
  if (axes.length === 0) return { tensor, letters };
  return { tensor: tf.sum(tensor, axes), letters: [...letters].filter((letter) => kept.includes(letter)).join("") };
}

function reorder({ tensor, letters }: Lettered, order: string): Tensor {
  const permutation = [...order].map((letter) => letters.indexOf(letter));
  return permutation.every((axis, index) => axis === index) ? tensor : tf.transpose(tensor, permutation);
}
