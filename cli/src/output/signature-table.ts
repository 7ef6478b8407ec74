import type { SignatureDocument, TensorSpecDocument } from "@plinth/management";
import { table } from "./table.js";

/** The ways to call a version, a line for each input and output. */
export function signatureTable(signatures: readonly SignatureDocument[]): string {
  const rows = signatures.flatMap(({ name, inputs, outputs }) => [
    ...inputs.map((spec) => [name, "input", ...specCells(spec)]),
    ...outputs.map((spec) => [name, "output", ...specCells(spec)]),
  ]);
  return table(["signature", "", "name", "dtype", "shape", "default"], rows);
}

function specCells({ name, dtype, shape, default: value }: TensorSpecDocument): readonly string[] {
  return [name, dtype, shapeText(shape), value === undefined ? "" : defaultText(value)];
}

function shapeText(shape: TensorSpecDocument["shape"]): string {
  return shape === undefined ? "any" : `[${shape.map((length) => (length === -1 ? "?" : length)).join(", ")}]`;
}

function defaultText({ shape, values }: NonNullable<TensorSpecDocument["default"]>): string {
  if (values === undefined) return `of shape ${shapeText(shape)}`;
  const texts = values.map((value) => JSON.stringify(value));
  return shape.length === 0 ? texts.join() : `[${texts.join(", ")}]`;
}
