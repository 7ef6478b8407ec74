import type { NamedTensors, Tensor } from "../../model/tensor.js";

/** numpy.isclose's tolerances for answers of two versions: |a - b| <= absolute + relative * |a|. */
const RELATIVE_TOLERANCE = 1e-3;
const ABSOLUTE_TOLERANCE = 1e-6;

export interface OutputComparison {
  /** Whether every output has the same dtype and shape, and elements that are equal, or close where they are floats. */
  readonly agreed: boolean;
  /** Largest absolute difference of two numbers; `undefined` where shapes or dtypes differ or there are no numbers. */
  readonly maxDifference: number | undefined;
}

/** Compares the answers of two versions to the same request. */
export function compareOutputs(expected: NamedTensors, got: NamedTensors): OutputComparison {
  let agreed = expected.size === got.size;
  let maxDifference: number | undefined;
  for (const [name, tensor] of expected) {
    const other = got.get(name);
    if (other === undefined || !sameForm(tensor, other)) return { agreed: false, maxDifference: undefined };
    const comparison = compareData(tensor, other);
    agreed &&= comparison.agreed;
    maxDifference = larger(maxDifference, comparison.maxDifference);
  }
  return { agreed, maxDifference };
}

/** The larger of two differences; one that is not known is none. */
export function larger(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined || right === undefined ? (left ?? right) : Math.max(left, right);
}

function sameForm(left: Tensor, right: Tensor): boolean {
  return (
    left.dtype === right.dtype &&
    left.shape.length === right.shape.length &&
    left.shape.every((dimension, axis) => dimension === right.shape[axis])
  );
}

function compareData({ dtype, data }: Tensor, { data: other }: Tensor): OutputComparison {
  if (dtype === "float32" || dtype === "float64") return compareNumbers(data as Float64Array, other as Float64Array);
  const left: ArrayLike<unknown> = data;
  const right: ArrayLike<unknown> = other;
  for (let index = 0; index < left.length; index++) {
    if (!sameElement(left[index], right[index])) return { agreed: false, maxDifference: undefined };
  }
  return { agreed: true, maxDifference: undefined };
}

function compareNumbers(left: ArrayLike<number>, right: ArrayLike<number>): OutputComparison {
  let agreed = true;
  let maxDifference = 0;
  for (let index = 0; index < left.length; index++) {
    const [a = 0, b = 0] = [left[index], right[index]];
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b);
    if (!(difference <= ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * Math.abs(a))) agreed = false;
    if (difference > maxDifference) maxDifference = difference;
  }
  return { agreed, maxDifference };
}

function sameElement(left: unknown, right: unknown): boolean {
  if (!(left instanceof Uint8Array && right instanceof Uint8Array)) return left === right;
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
