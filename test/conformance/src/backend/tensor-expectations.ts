import { holdsDType, type NamedTensors, type Tensor } from "@plinth/core";
import { expect } from "vitest";

const RELATIVE_TOLERANCE = 1e-5;

/** Fails unless these are the same tensors in the same order; floating point to a relative 1e-5. */
export function expectTensors(actual: NamedTensors, expected: NamedTensors): void {
  expect([...actual.keys()], "names of the outputs, in order").toEqual([...expected.keys()]);
  for (const [name, tensor] of expected) expectTensor(name, actual.get(name), tensor);
}

function expectTensor(name: string, actual: Tensor | undefined, expected: Tensor): void {
  const { dtype, shape, data } = expected;
  expect({ dtype: actual?.dtype, shape: actual?.shape }, name).toEqual({ dtype, shape });
  expect(holdsDType(dtype, actual?.data), `${name} is kept in an array for ${dtype}`).toBe(true);
  expect(actual?.data.length, `elements of ${name}`).toBe(data.length);
  const tolerance = dtype === "float32" || dtype === "float64" ? RELATIVE_TOLERANCE : 0;
  for (const [index, value] of data.entries()) {
    const got = actual?.data[index];
    if (!isSame(got, value, tolerance)) expect.fail(`Expected ${name}[${index}] to be ${value}, got ${got}`);
  }
}

type Element = number | bigint | Uint8Array;

function isSame(actual: Element | undefined, expected: Element, tolerance: number): boolean {
  if (typeof actual === "number" && typeof expected === "number") {
    return Object.is(actual, expected) || Math.abs(actual - expected) <= Math.abs(expected) * tolerance;
  }
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) return Buffer.compare(actual, expected) === 0;
  return actual === expected;
}

/** The same tensors in memory of their own. */
export function copyOf(tensors: NamedTensors): NamedTensors {
  return mapData(tensors, (data) => data.slice());
}

/** The same tensors as views into the middle of larger buffers. */
export function viewsOf(tensors: NamedTensors): NamedTensors {
  return mapData(tensors, (data) => {
    const { BYTES_PER_ELEMENT: size } = data;
    const surroundings = new Uint8Array(data.byteLength + 2 * size).fill(0xa5);
    surroundings.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), size);
    const ArrayType = data.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => NumericData;
    return new ArrayType(surroundings.buffer, size, data.length);
  });
}

/** Overwrites every element. */
export function scribbleOver(tensors: NamedTensors): void {
  for (const { data } of tensors.values()) {
    for (const part of isNumeric(data) ? [data] : data) {
      new Uint8Array(part.buffer, part.byteOffset, part.byteLength).fill(0x5a);
    }
  }
}

type NumericData = Exclude<Tensor["data"], readonly Uint8Array[]>;

function isNumeric(data: Tensor["data"]): data is NumericData {
  return !Array.isArray(data);
}

function mapData(tensors: NamedTensors, map: (data: NumericData) => NumericData): NamedTensors {
  const mapTensor = (tensor: Tensor): Tensor => {
    const { data } = tensor;
    const mapped = isNumeric(data) ? map(data) : data.map((bytes) => map(bytes));
    return { ...tensor, data: mapped } as Tensor;
  };
  return new Map([...tensors].map(([name, tensor]) => [name, mapTensor(tensor)]));
}
