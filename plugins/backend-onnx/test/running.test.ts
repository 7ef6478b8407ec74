import { DEFAULT_SIGNATURE, type LoadedModel, type Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { float32, loadExample, run, signatureOf, strings } from "./example-models.js";

describe("shapes", () => {
  it("of a scalar are known, unlike unknown ranks", async () => {
    const model = await loadExample("scalar.onnx");
    expect(signatureOf(model).inputs.get("x")?.shape).toEqual([]);
    const x = float32([7], []);
    expect(await run(model, new Map([["x", x]]))).toEqual(new Map([["y", x]]));
  });

  it("with more than one empty axis give empty outputs", async () => {
    const model = await loadExample("identity/float32.onnx");
    const x = float32([], [3, 0, 0]);
    expect(await run(model, new Map([["x", x]]))).toEqual(new Map([["y", x]]));
  });

  it.each([
    ["a wrong length", [1, 3], /invalid dimensions for input: x .* Got: 3 Expected: 2/],
    ["a wrong rank", [3], /Invalid rank for input: x Got: 1 Expected: 2/],
  ])("with %s are refused", async (_, shape, message) => {
    const x = float32([1, 2, 3], shape);
    await expectFailure(await loadExample("matmul.onnx"), { x }, "INPUT_SHAPE_MISMATCH", message);
  });

  it("that only an operator finds at odds are refused, without places in ONNX Runtime's sources", async () => {
    const model = await loadExample("add-broadcast.onnx");
    const inputs = { a: float32([1, 2]), b: float32([1, 2, 3]) };
    await expectFailure(model, inputs, "INPUT_SHAPE_MISMATCH", /running Add node.*broadcast.* 2 by 3$/);
    await expectFailure(model, inputs, "INPUT_SHAPE_MISMATCH", /^(?!.*(?:\.h:\d|onnxruntime::)).*$/);
  });
});

describe("a number of elements", () => {
  it("that only an operator finds at odds is refused as a wrong shape", async () => {
    const x = float32([1, 2, 3, 4, 5]);
    await expectFailure(await loadExample("reshape.onnx"), { x }, "INPUT_SHAPE_MISMATCH", /running Reshape node/);
  });
});

describe("a run that fails for another reason", () => {
  it("says what ONNX Runtime says, with its error as the cause", async () => {
    const model = await loadExample("gather.onnx");
    const index: Tensor = { dtype: "int64", shape: [1], data: BigInt64Array.of(9n) };
    await expectFailure(model, { index }, "MODEL_RUN_FAILED", /running Gather node.*idx=9 must be within/);
    await expect(run(model, new Map([["index", index]]))).rejects.toMatchObject({ cause: expect.any(Error) });
  });
});

describe("inputs and outputs", () => {
  it.each([
    ["a default", "optional-input"],
    ["a default of a dtype that the binding cannot carry", "optional-bfloat16-input"],
  ])("that have %s are not asked for", async (_, name) => {
    const model = await loadExample(`${name}.onnx`);
    expect([...signatureOf(model).inputs.keys()]).toEqual(["x"]);
    expect(await run(model, new Map([["x", float32([1])]]))).toEqual(new Map([["y", float32([11])]]));
  });

  it("may be none", async () => {
    const model = await loadExample("no-input.onnx");
    expect(await run(model, new Map())).toEqual(new Map([["y", float32([1, 2])]]));
  });

  it("may have names that JavaScript objects have too", async () => {
    const model = await loadExample("awkward-names.onnx");
    const inputs = new Map([["__proto__", float32([-3])]]);
    expect(await run(model, inputs)).toEqual(
      new Map([
        ["constructor", float32([3])],
        ["0", float32([3])],
      ]),
    );
    expect(await model.run({ signature: DEFAULT_SIGNATURE, inputs, outputs: ["0"] })).toEqual(
      new Map([["0", float32([3])]]),
    );
  });

  it("that are weights are copies of them", async () => {
    const model = await loadExample("constant-output.onnx");
    const inputs = new Map([["x", float32([1])]]);
    const weights = (await run(model, inputs)).get("weights")?.data as Float32Array;
    weights.fill(0);
    expect((await run(model, inputs)).get("weights")).toEqual(float32([1, 2, 3]));
  });

  it("may lie in shared memory", async () => {
    const data = new Float32Array(new SharedArrayBuffer(16), 4, 2);
    data.set([1, 3]);
    const model = await loadExample("half-plus-two/1/model.onnx");
    const x: Tensor = { dtype: "float32", shape: [2], data };
    expect(await run(model, new Map([["x", x]]))).toEqual(new Map([["y", float32([2.5, 3.5])]]));
  });
});

describe("strings", () => {
  it.each([
    ["a NUL byte", Uint8Array.of(97, 0, 98)],
    ["bytes that are not UTF-8", Uint8Array.of(0x63, 0x61, 0x66, 0xe9)],
  ])("with %s are refused, as they would not arrive as they are", async (what, bytes) => {
    const model = await loadExample("identity/string.onnx");
    const message = new RegExp(`Element 1 of input "x" holds ${what}`);
    await expectFailure(model, { x: strings("fine", bytes) }, "TENSOR_INVALID", message);
  });

  it("of 100 kB arrive whole", async () => {
    const model = await loadExample("identity/string.onnx");
    const x = strings("é".repeat(50_000));
    expect(await run(model, new Map([["x", x]]))).toEqual(new Map([["y", x]]));
  });
});

async function expectFailure(
  model: LoadedModel,
  inputs: Readonly<Record<string, Tensor>>,
  reason: string,
  message: RegExp,
): Promise<void> {
  await expect(run(model, new Map(Object.entries(inputs)))).rejects.toMatchObject({
    reason,
    message: expect.stringMatching(message),
  });
}
