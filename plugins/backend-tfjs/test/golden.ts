import { readFileSync } from "node:fs";
import { type DType, elementCount, type NamedTensors, type Tensor } from "@plinth/core";
import { expect } from "vitest";
import { toFloat16 } from "../src/tensors/half-precision.js";

type Nested = number | boolean | string | readonly Nested[];

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

const ARRAYS = {
  bool: Uint8Array,
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const;

/** A tensor of values as JSON has them. */
export function tensorOf(dtype: DType, shape: readonly number[], values: readonly unknown[]): Tensor {
  switch (dtype) {
    case "string":
      return { dtype, shape, data: values.map((value) => new TextEncoder().encode(String(value))) };
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
    const isFloat = /^(?:float|complex)/.test(tensor.dtype);
    for (const [index, value] of [...(tensor.data as Iterable<number | bigint | Uint8Array>)].entries()) {
      const gotten = answer?.data[index];
      if (isFloat)
        expect(Math.abs(Number(gotten) - Number(value)), `${name}[${index}]`).toBeLessThanOrEqual(
          1e-5 * Math.max(1, Math.abs(Number(value))),
        );
      else expect(gotten, `${name}[${index}]`).toEqual(value);
    }
  }
}
