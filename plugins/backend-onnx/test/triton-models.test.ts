import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NamedTensors, Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { load, run, strings, versionOf } from "./example-models.js";

const TRITON = fileURLToPath(new URL("../../../../shared/testdata/triton/", import.meta.url));

const COUNTING = Array.from({ length: 16 }, (_, index) => index);
const ONES = COUNTING.map(() => 1);
const SUMS = COUNTING.map((value) => value + 1);
const DIFFERENCES = COUNTING.map((value) => value - 1);

describe.skipIf(!existsSync(TRITON))(
  "Triton's example models (skipped where ../shared/testdata is not beside the checkout)",
  () => {
    it.each([
      ["simple", int32],
      ["simple_int8", int8],
      ["simple_string", texts],
    ])("%s adds and subtracts", async (name, tensor) => {
      const model = await load(versionOf(join(TRITON, "model_repository", name, "1")));
      expect(await run(model, pair("INPUT", tensor(COUNTING), tensor(ONES)))).toEqual(
        pair("OUTPUT", tensor(SUMS), tensor(DIFFERENCES)),
      );
    });

    it("onnx_float32_int32_int32 adds and subtracts with other dtypes for its outputs", async () => {
      const model = await load(versionOf(join(TRITON, "onnx_float32_int32_int32/1")));
      expect(await run(model, pair("INPUT", float32Row(COUNTING), float32Row(ONES)))).toEqual(
        pair("OUTPUT", int32(SUMS), int32(DIFFERENCES)),
      );
    });

    it("simple_sequence adds START to INPUT when READY", async () => {
      const model = await load(versionOf(join(TRITON, "model_repository/simple_sequence/1")));
      const one = (value: number): Tensor => ({ dtype: "int32", shape: [1, 1], data: Int32Array.of(value) });
      const inputs = new Map([
        ["INPUT", one(41)],
        ["START", one(1)],
        ["READY", one(1)],
      ]);
      expect(await run(model, inputs)).toEqual(new Map([["OUTPUT", one(42)]]));
    });

    it("identity.onnx gives strings back", async () => {
      const model = await load(versionOf(TRITON, ["identity.onnx"]));
      const x: Tensor = { ...strings("a", "ü"), shape: [1, 2] };
      expect(await run(model, new Map([["INPUT0", x]]))).toEqual(new Map([["OUTPUT0", x]]));
    });
  },
);

function pair(name: string, first: Tensor, second: Tensor): NamedTensors {
  return new Map([
    [`${name}0`, first],
    [`${name}1`, second],
  ]);
}

function int32(values: readonly number[]): Tensor {
  return { dtype: "int32", shape: [1, 16], data: Int32Array.from(values) };
}

function int8(values: readonly number[]): Tensor {
  return { dtype: "int8", shape: [1, 16], data: Int8Array.from(values) };
}

function float32Row(values: readonly number[]): Tensor {
  return { dtype: "float32", shape: [1, 16], data: Float32Array.from(values) };
}

function texts(values: readonly number[]): Tensor {
  return { ...strings(...values.map(String)), shape: [1, 16] };
}
