import { readFileSync } from "node:fs";
import { type DType, elementCount, type NamedTensors, type Tensor } from "@plinth/core";
import { expect } from "vitest";
import { toFloat16 } from "../src/tensors/half-precision.js";

type Nested = number | boolean | string | { readonly b64: string } | readonly Nested[];

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

const ARRAYS = {
  bool: Uint8Array,
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
} as const;

/** A tensor of values as JSON has them. */
export function tensorOf(dtype: DType, shape: readonly number[], values: readonly unknown[]): Tensor {
  switch (dtype) {
    case "string":
      return { dtype, shape, data: values.map(bytesOf) };
    case "int64":
      return { dtype, shape, data: BigInt64Array.from(values as number[], BigInt) };
    case "float16":
      return { dtype, shape, data: Uint16Array.from(values as number[], toFloat16) };
    case "complex64":
      return { dtype, shape, data: Float32Array.from(values as number[]) };
    case "complex128":
      return { dtype, shape, data: Float64Array.from(values as number[]) };
    default: {
      const data = new ARRAYS[dtype as keyof typeof ARRAYS](values.map(Number));
      return { dtype, shape, data } as Tensor;
    }
  }
}

/** Strings that are no text are written as TensorFlow Serving takes them. */
function bytesOf(value: unknown): Uint8Array {
  if (typeof value !== "object" || value === null || !("b64" in value)) return new TextEncoder().encode(String(value));
  return new Uint8Array(Buffer.from(String(value.b64), "base64"));
}

/** A tensor of values in lists within lists; of a complex number, real and imaginary part are the innermost one. */
export function nestedTensor(dtype: DType, nested: Nested): Tensor {
  const shape: number[] = [];
  for (let level: Nested | undefined = nested; Array.isArray(level); level = level[0]) shape.push(level.length);
  const values = Array.isArray(nested) ? nested.flat(Number.POSITIVE_INFINITY) : [nested];
  expect(values).toHaveLength(elementCount(shape));
  if (dtype.startsWith("complex")) shape.pop();
  return tensorOf(dtype, shape, values);
}

/** Equal, but for what float32 loses: 1e-5 of what is expected, and of 1 near 0. */
export function expectClose(got: NamedTensors, expected: NamedTensors): void {
  expect([...got.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, tensor] of expected) {
    const answer = got.get(name);
    expect({ name, dtype: answer?.dtype, shape: answer?.shape }).toEqual({
      name,
      dtype: tensor.dtype,
      shape: tensor.shape,
    });
    const [values, answers] = [tensor.data, answer?.data ?? []].map((data) => [...(data as Iterable<unknown>)]) as [
      unknown[],
      unknown[],
    ];
    if (!/^(?:float|complex)/.test(tensor.dtype)) expect(answers, name).toEqual(values);
    else
      expect(
        values.filter((value, index) => !isClose(Number(answers[index]), Number(value))),
        name,
      ).toEqual([]);
  }
}

function isClose(got: number, expected: number): boolean {
  return Math.abs(got - expected) <= 1e-5 * Math.max(1, Math.abs(expected));
}
