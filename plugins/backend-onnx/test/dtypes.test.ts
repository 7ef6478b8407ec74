import type { DTypeData, LoadedModel, Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { loadExample, run, signatureOf } from "./example-models.js";

/** Two elements of each dtype, at the ends of its range where it has any. */
const SAMPLES: { readonly [D in Exclude<keyof DTypeData, "bfloat16" | "complex64" | "complex128">]: DTypeData[D] } = {
  bool: Uint8Array.of(1, 0),
  int8: Int8Array.of(-128, 127),
  int16: Int16Array.of(-32_768, 32_767),
  int32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
  int64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n),
  uint8: Uint8Array.of(0, 255),
  uint16: Uint16Array.of(0, 65_535),
  uint32: Uint32Array.of(0, 2 ** 32 - 1),
  uint64: BigUint64Array.of(0n, 2n ** 64n - 1n),
  // A subnormal and a NaN with a payload.
  float16: Uint16Array.of(0x0001, 0x7e55),
  float32: Float32Array.of(Number.NaN, -0),
  float64: Float64Array.of(Number.MIN_VALUE, Number.MAX_VALUE),
  string: [new Uint8Array(0), new TextEncoder().encode("𝄞 \ufeffé\n")],
};

describe.each(Object.entries(SAMPLES))("%s", (dtype, data) => {
  it("passes unchanged through a model of unknown rank, in every rank", async () => {
    const model = await loadExample(`identity/${dtype}.onnx`);
    expect(signatureOf(model).inputs).toEqual(new Map([["x", { dtype, shape: undefined }]]));
    for (const shape of [[2], [1, 2], [2, 1, 1]]) await expectUnchanged(model, { dtype, shape, data } as Tensor);
    await expectUnchanged(model, { dtype, shape: [], data: data.slice(0, 1) } as Tensor);
  });

  it("passes unchanged through a model with a dynamic first axis, also where that is empty", async () => {
    const model = await loadExample(`identity-batch/${dtype}.onnx`);
    expect(signatureOf(model).outputs).toEqual(new Map([["y", { dtype, shape: [-1, 2] }]]));
    await expectUnchanged(model, { dtype, shape: [1, 2], data } as Tensor);
    await expectUnchanged(model, { dtype, shape: [0, 2], data: data.slice(0, 0) } as Tensor);
  });
});

async function expectUnchanged(model: LoadedModel, x: Tensor): Promise<void> {
  expect(await run(model, new Map([["x", x]]))).toEqual(new Map([["y", x]]));
}
