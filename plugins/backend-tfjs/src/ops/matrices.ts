import type { Tensor } from "@tensorflow/tfjs-core";
import { boolOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { valueError } from "../value-error.js";
import { type Ops, plain, tensorAt } from "./kernels.js";

/** Rows of numbers of 64 bits, in which the elements of float32 are computed. */
type Matrix = Float64Array[];

function matricesOf(tensor: Tensor): Matrix[] {
  const [rows = 0, columns = 0] = tensor.shape.slice(-2);
  const values = readValues(tensor) as Float32Array;
  const size = rows * columns;
  return Array.from({ length: size === 0 ? 0 : values.length / size }, (_, matrix) =>
    Array.from({ length: rows }, (_, row) =>
      Float64Array.from(values.subarray(matrix * size + row * columns, matrix * size + (row + 1) * columns)),
    ),
  );
}

function tensorOf(matrices: readonly Matrix[], shape: readonly number[]): Tensor {
  return makeTensor(Float32Array.from(matrices.flatMap((rows) => rows.flatMap((row) => [...row]))), shape, "float32");
}

function squareOf(tensor: Tensor): Matrix[] {
  const [rows, columns] = tensor.shape.slice(-2);
  if (rows !== undefined && rows === columns) return matricesOf(tensor);
  throw valueError(`Expected square matrices, got shape [${tensor.shape}]`);
}

function transposed(matrix: Matrix): Matrix {
  return (matrix[0] ?? []).length === 0
    ? []
    : Array.from(matrix[0] as Float64Array, (_, column) => Float64Array.from(matrix, (row) => row[column] as number));
}

function identity(size: number): Matrix {
  return Array.from({ length: size }, (_, row) =>
    Float64Array.from({ length: size }, (_, column) => (row === column ? 1 : 0)),
  );
}

/** Adds a multiple of one row to another. */
function add(row: Float64Array, factor: number, other: Float64Array): void {
  for (let at = 0; at < row.length; at++) row[at] = (row[at] as number) + factor * (other[at] as number);
}

/**
 * Gauss and Jordan's elimination with the largest pivot of each column: makes the identity of `left` and the solution of `right`, both in place.
 * Gives the determinant, which is 0 where there is no solution.
 */
function eliminate(left: Matrix, right: Matrix): number {
  let determinant = 1;
  for (let column = 0; column < left.length; column++) {
    let pivot = column;
    for (let row = column + 1; row < left.length; row++) {
      if (Math.abs(left[row]?.[column] as number) > Math.abs(left[pivot]?.[column] as number)) pivot = row;
    }
    const value = left[pivot]?.[column] as number;
    if (value === 0) return 0;
    determinant *= pivot === column ? value : -value;
    for (const matrix of [left, right]) {
      const [first, second] = [matrix[column] as Float64Array, matrix[pivot] as Float64Array];
      matrix[column] = second.map((each) => each / value);
      if (pivot !== column) matrix[pivot] = first;
    }
    for (let row = 0; row < left.length; row++) {
      const factor = -(left[row]?.[column] as number);
      if (row === column || factor === 0) continue;
      add(left[row] as Float64Array, factor, left[column] as Float64Array);
      add(right[row] as Float64Array, factor, right[column] as Float64Array);
    }
  }
  return determinant;
}

function solve(left: Matrix, right: Matrix): Matrix {
  if (eliminate(left, right) === 0) throw valueError("Expected a matrix that can be inverted, got one that cannot");
  return right;
}

const inverse: CompileOp = (node) => {
  const isAdjoint = boolOf(node, "adjoint");
  return (inputs) => {
    const x = tensorAt(inputs, 0);
    const inverted = squareOf(x).map((matrix) => solve(matrix, identity(matrix.length)));
    return tensorOf(isAdjoint ? inverted.map(transposed) : inverted, x.shape);
  };
};

/** The solutions of equations whose matrices may be triangular: then the other half is not looked at. */
const solution: CompileOp = (node) => {
  const isAdjoint = boolOf(node, "adjoint");
  const half = node.op === "MatrixTriangularSolve" ? (boolOf(node, "lower", true) ? "lower" : "upper") : undefined;
  return (inputs) => {
    const [a, b] = [tensorAt(inputs, 0), tensorAt(inputs, 1)];
    const right = matricesOf(b);
    const left = squareOf(a).map((matrix) => (half === undefined ? matrix : triangle(matrix, half)));
    if (left.length !== right.length)
      throw valueError(`Expected as many matrices, got shapes [${a.shape}] and [${b.shape}]`);
    return tensorOf(
      left.map((matrix, at) => solve(isAdjoint ? transposed(matrix) : matrix, right[at] as Matrix)),
      b.shape,
    );
  };
};

function triangle(matrix: Matrix, half: "lower" | "upper"): Matrix {
  return matrix.map((row, y) => row.map((value, x) => (half === "lower" ? (x <= y ? value : 0) : x >= y ? value : 0)));
}

/** The lower triangle whose square, with its transpose, is the matrix. */
function cholesky(matrix: Matrix): Matrix {
  const lower: Matrix = matrix.map((row) => new Float64Array(row.length));
  for (const [y, row] of lower.entries()) {
    for (let x = 0; x <= y; x++) {
      const other = lower[x] as Float64Array;
      let rest = matrix[y]?.[x] as number;
      for (let at = 0; at < x; at++) rest -= (row[at] as number) * (other[at] as number);
      if (x === y && !(rest > 0)) throw valueError("Expected a matrix that is positive definite, got one that is not");
      row[x] = x === y ? Math.sqrt(rest) : rest / (other[x] as number);
    }
  }
  return lower;
}

const determinants = (tensor: Tensor): number[] =>
  squareOf(tensor).map((matrix) => eliminate(matrix, identity(matrix.length)));

/** Ops that solve equations of matrices. */
export const MATRICES: Ops = {
  Cholesky: plain((inputs) => tensorOf(squareOf(tensorAt(inputs, 0)).map(cholesky), tensorAt(inputs, 0).shape)),
  LogMatrixDeterminant: plain((inputs) => {
    const values = determinants(tensorAt(inputs, 0));
    const shape = tensorAt(inputs, 0).shape.slice(0, -2);
    return [Math.sign, (value: number) => Math.log(Math.abs(value))].map((of) =>
      makeTensor(Float32Array.from(values, of), shape, "float32"),
    );
  }),
  MatrixDeterminant: plain((inputs) =>
    makeTensor(Float32Array.from(determinants(tensorAt(inputs, 0))), tensorAt(inputs, 0).shape.slice(0, -2), "float32"),
  ),
  MatrixInverse: inverse,
  MatrixSolve: solution,
  MatrixTriangularSolve: solution,
};
