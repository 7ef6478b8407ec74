import { shapeText, type TensorSpec } from "../api/signatures.js";

/** What was given for one input: its value as JSON text, which keeps every digit, or why it cannot be sent. */
export type Given = { readonly json: string } | { readonly fault: string };

export function isFault(given: Given): given is { readonly fault: string } {
  return "fault" in given;
}

/**
 * Elements as JSON texts in row-major order, nested as the shape says. Of its open dimensions the last one takes as much as there
 * is, and those before it one each.
 */
export function arranged(elements: readonly string[], spec: Pick<TensorSpec, "shape" | "dtype">): Given {
  const shape = concreteShape(spec.shape ?? [-1], elements.length);
  return shape === undefined ? { fault: countFault(spec, elements.length) } : { json: nested(elements, shape) };
}

/** The fixed dimensions' elements: how many there are to a row. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * (length === -1 ? 1 : length), 1);
}

function concreteShape(shape: readonly number[], count: number): readonly number[] | undefined {
  const row = elementsOf(shape);
  const open = shape.lastIndexOf(-1);
  if (open === -1) return count === row ? shape : undefined;
  if (row === 0 ? count > 0 : count % row !== 0 || count === 0) return undefined;
  return shape.map((length, axis) => (length !== -1 ? length : axis !== open ? 1 : row === 0 ? 1 : count / row));
}

function countFault({ shape = [-1], dtype }: Pick<TensorSpec, "shape" | "dtype">, got: number): string {
  const row = elementsOf(shape);
  const noun = dtype === "string" ? "text" : "number";
  const expected = shape.includes(-1)
    ? row === 1
      ? `at least one ${noun}`
      : `${row} ${noun}s, or twice, three times … as many`
    : `${row} ${noun}${row === 1 ? "" : "s"}`;
  return `The shape ${shapeText(shape)} takes ${expected}; ${got === 0 ? "there are none" : `there are ${got}`}.`;
}

function nested(elements: readonly string[], shape: readonly number[]): string {
  const [length, ...rest] = shape;
  if (length === undefined) return elements[0] ?? "0";
  const each = elements.length / length;
  const rows = Array.from({ length }, (_, row) => nested(elements.slice(row * each, (row + 1) * each), rest));
  return `[${rows.join(rest.length === 0 ? "," : ", ")}]`;
}
