import { expect, test } from "vitest";
import { createTensor, DTYPES, type DType, type NamedTensors, type Tensor } from "../../../../src/index.js";
import { allocateData, bytesPerElement, partsPerElement } from "../../../../src/model/dtype.js";
import { elementCount } from "../../../../src/model/tensor.js";
import { packTensors, unpackTensors } from "../../../../src/serving/execution/worker/packed-tensors.js";

const FUZZ_ROUNDS = 300;

test.each(DTYPES)("%s arrives as it was sent, also where it has no elements", (dtype) => {
  for (const shape of [[3, 5], [], [0], [2, 0, 3], [1]]) {
    const tensors = new Map([["t", filled(dtype, shape, () => 7)]]);
    expect(crossed(tensors)).toEqual(tensors);
  }
});

test("no tensors at all arrive as none", () => {
  expect(crossed(new Map())).toEqual(new Map());
});

test("many tensors of all kinds arrive beside each other, whatever their sizes", () => {
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  for (let round = 0; round < FUZZ_ROUNDS; round++) {
    const tensors = new Map<string, Tensor>();
    for (let index = random(8); index >= 0; index--) {
      const shape = Array.from({ length: random(4) }, () => random(6));
      tensors.set(
        `t${index}`,
        filled(DTYPES[random(DTYPES.length)] ?? "bool", shape, () => random(256)),
      );
    }
    expect(crossed(tensors)).toEqual(tensors);
  }
});

test("what is packed is a copy: of a part of a larger array, and of memory that is shared", () => {
  const shared = new Float32Array(new SharedArrayBuffer(32), 4, 3);
  shared.set([1, 2, 3]);
  const part = new Float32Array([9, 4, 5, 6, 9]).subarray(1, 4);
  const tensors = new Map<string, Tensor>([
    ["shared", { dtype: "float32", shape: [3], data: shared }],
    ["part", { dtype: "float32", shape: [3], data: part }],
  ]);
  const arrived = crossed(tensors);
  expect(arrived.get("shared")?.data).toEqual(new Float32Array([1, 2, 3]));
  expect(arrived.get("part")?.data).toEqual(new Float32Array([4, 5, 6]));
  expect(part, "what was sent is still there").toEqual(new Float32Array([4, 5, 6]));
});

test("names are kept, whatever they are, and in order", () => {
  const scalar = createTensor("int32", [], new Int32Array([1]));
  const tensors = new Map(["__proto__", "", "constructor", "ü"].map((name) => [name, scalar]));
  expect([...crossed(tensors).keys()]).toEqual(["__proto__", "", "constructor", "ü"]);
});

test("a million short strings weigh on the bytes, not on what is cloned", () => {
  const data = new Array<Uint8Array>(1_000_000).fill(new Uint8Array([65]));
  const { parts, bytes } = packTensors(new Map([["s", { dtype: "string", shape: [data.length], data }]]));
  expect(JSON.stringify(parts).length).toBeLessThan(200);
  expect(bytes.byteLength).toBe(5_000_000);
});

function crossed(tensors: NamedTensors): NamedTensors {
  const packed = packTensors(tensors);
  return unpackTensors(structuredClone(packed, { transfer: [packed.bytes] }));
}

function filled(dtype: DType, shape: readonly number[], value: () => number): Tensor {
  if (dtype === "string") {
    const data = Array.from({ length: elementCount(shape) }, () => new Uint8Array(value() % 12).fill(value()));
    return { dtype, shape, data };
  }
  const data = allocateData(dtype, elementCount(shape));
  expect(data.length).toBe(elementCount(shape) * partsPerElement(dtype));
  const bytes = new Uint8Array(elementCount(shape) * (bytesPerElement(dtype) ?? 0)).map(value);
  // Not every float is equal to itself.
  if (dtype.startsWith("float") || dtype.startsWith("complex")) bytes.fill(value() % 64);
  return { dtype, shape, data: new (data.constructor as Float32ArrayConstructor)(bytes.buffer) } as unknown as Tensor;
}
