import * as tf from "@tensorflow/tfjs-core";
import type { CompileOp } from "../graph/compile-program.js";
import type { Value } from "../graph/values.js";
import type { EngineType } from "../tensors/element-types.js";
import { type Element, elementsAt, elementTensor } from "./elements.js";
import { integersAt, numberAt, type Ops, plain, tensorAt } from "./kernels.js";
import { checkSize } from "./shapes.js";

/** Which diagonal is meant: 0 is the main one, above it they are positive. */
function diagonalAt(inputs: readonly Value[], index: number): number {
  const [lower = 0, upper = lower] = inputs.length > index ? integersAt(inputs, index) : [];
  if (lower !== upper) throw new Error(`Expected one diagonal, got those from ${lower} to ${upper}`);
  return lower;
}

interface Diagonal {
  readonly rows: number;
  readonly columns: number;
  readonly length: number;
  /** Of the element at a place of the diagonal, within its matrix. */
  readonly place: (at: number) => number;
}

function diagonalOf(rows: number, columns: number, k: number): Diagonal {
  const length = Math.max(0, Math.min(rows + Math.min(k, 0), columns - Math.max(k, 0)));
  return { rows, columns, length, place: (at) => (at + Math.max(-k, 0)) * columns + at + Math.max(k, 0) };
}

/** Matrices that are 0, or a padding, but for a diagonal. */
const diag: CompileOp = plain((inputs) => {
  const diagonal = tensorAt(inputs, 0);
  const k = diagonalAt(inputs, 1);
  const length = diagonal.shape.at(-1) ?? 1;
  const asked = (index: number, fallback: number): number => {
    const size = inputs.length > index ? numberAt(inputs, index) : -1;
    return size === -1 ? fallback : size;
  };
  const [rows, columns] = [asked(2, length + Math.max(-k, 0)), asked(3, length + Math.max(k, 0))];
  const shape = checkSize([...diagonal.shape.slice(0, -1), rows, columns]);
  const [padding = 0] = inputs.length > 4 ? elementsAt(inputs, 4) : [];
  const result = new Array<Element>(tf.util.sizeFromShape(shape)).fill(padding);
  write(result, Array.from(elementsAt(inputs, 0)), diagonalOf(rows, columns, k));
  return elementTensor(result, shape, diagonal.dtype as EngineType);
});

const diagPart: CompileOp = plain((inputs) => {
  const x = tensorAt(inputs, 0);
  const [rows = 0, columns = 0] = x.shape.slice(-2);
  const { length, place } = diagonalOf(rows, columns, diagonalAt(inputs, 1));
  const elements = elementsAt(inputs, 0);
  const count = elements.length / Math.max(1, rows * columns);
  const picked = Array.from(
    { length: count * length },
    (_, at) => elements[Math.floor(at / length) * rows * columns + place(at % length)] as Element,
  );
  return elementTensor(picked, [...x.shape.slice(0, -2), length], x.dtype as EngineType);
});

const setDiag: CompileOp = plain((inputs) => {
  const x = tensorAt(inputs, 0);
  const [rows = 0, columns = 0] = x.shape.slice(-2);
  const result = Array.from(elementsAt(inputs, 0));
  write(result, Array.from(elementsAt(inputs, 1)), diagonalOf(rows, columns, diagonalAt(inputs, 2)));
  return elementTensor(result, x.shape, x.dtype as EngineType);
});

function write(matrices: Element[], diagonals: readonly Element[], { rows, columns, length, place }: Diagonal): void {
  for (const [index, element] of diagonals.entries()) {
    const matrix = Math.floor(index / Math.max(1, length));
    if (matrix * rows * columns < matrices.length) matrices[matrix * rows * columns + place(index % length)] = element;
  }
}

/** Ops on the diagonals of matrices. */
export const DIAGONALS: Ops = {
  MatrixDiag: diag,
  MatrixDiagPart: diagPart,
  MatrixDiagPartV2: diagPart,
  MatrixDiagPartV3: diagPart,
  MatrixDiagV2: diag,
  MatrixDiagV3: diag,
  MatrixSetDiag: setDiag,
  MatrixSetDiagV2: setDiag,
  MatrixSetDiagV3: setDiag,
};
