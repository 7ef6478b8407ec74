import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import * as inside from "onnxruntime-node/dist/binding.js";
import { describe, expect, it, onTestFinished } from "vitest";
import { onnxOptions } from "../src/options.js";
import { isNativeModule, nativeSessions } from "../src/runtime/native-session.js";
import { publicSessions } from "../src/runtime/public-session.js";
import { type OpenSession, sessionOptions } from "../src/runtime/runtime-session.js";
import { float32, load, modelPath, run, signatureOf, versionOf } from "./example-models.js";

describe("the binding inside onnxruntime-node", () => {
  it("is what this version of the backend was written for", () => {
    expect(isNativeModule(inside)).toBe(true);
  });

  it.each([undefined, {}, { binding: { InferenceSession: class {} }, initOrt() {} }])(
    "is not used where it looks like %o",
    (other) => {
      expect(isNativeModule(other)).toBe(false);
    },
  );
});

const WAYS: readonly [string, OpenSession][] = [
  ["binding", isNativeModule(inside) ? nativeSessions(inside) : () => Promise.reject(new Error("has changed"))],
  ["public API", publicSessions(InferenceSession)],
];

describe.each(WAYS)("a session by the %s", (_, open) => {
  const options = sessionOptions(onnxOptions.parse({}));

  it("tells inputs and outputs in the same way", async () => {
    const session = await open(modelPath("identity-batch/float16.onnx"), options);
    onTestFinished(() => session.dispose());
    expect(session.inputs).toEqual([{ name: "x", dtype: "float16", dimensions: [-1, 2] }]);
    expect(session.outputs).toEqual([{ name: "y", dtype: "float16", dimensions: [-1, 2] }]);
  });

  it("takes a model and its external data as bytes", async () => {
    const model = readFileSync(modelPath("external/good/model.onnx"));
    const data = readFileSync(modelPath("external/good/weights.bin"));
    const session = await open(model, { ...options, externalData: [{ path: "weights.bin", data }] });
    onTestFinished(() => session.dispose());
    const x = { type: "float32", dims: [1, 2], location: "cpu", data: Float32Array.of(1, 1) } as const;
    expect((await session.run({ x }, { y: null })).y?.data).toEqual(Float32Array.of(4, 6));
  });

  it("gives only the outputs that are asked for", async () => {
    const session = await open(modelPath("sum-and-difference.onnx"), options);
    onTestFinished(() => session.dispose());
    const one = { type: "float32", dims: [1], location: "cpu", data: Float32Array.of(1) } as const;
    const results = await session.run({ a: one, b: one }, { difference: null });
    expect(Object.keys(results)).toEqual(["difference"]);
    expect(results.difference?.data).toEqual(Float32Array.of(0));
  });
});

describe("options", () => {
  it.each([
    { threads: 2 },
    { parallelBranches: 2 },
    { memoryArena: false },
    ...["disabled", "basic", "extended", "layout", "all"].map((graphOptimization) => ({ graphOptimization })),
    { logLevel: "error" },
  ])("%o give the same answers", async (options) => {
    const model = await load(versionOf(modelPath("half-plus-two/1")), options);
    expect(await run(model, new Map([["x", float32([4])]]))).toEqual(new Map([["y", float32([4])]]));
  });

  it.each([{ thread: 2 }, { threads: 0 }, { threads: 1.5 }, { graphOptimization: "most" }])(
    "%o are refused",
    (options) => {
      expect(onnxOptions.safeParse(options).success).toBe(false);
    },
  );
});

describe("ONNX Runtime's own format", () => {
  it("is loaded; ranks of 0 then count as unknown", async () => {
    const directory = await mkdtemp(join(tmpdir(), "plinth-test-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const session = await InferenceSession.create(modelPath("scalar.onnx"), {
      optimizedModelFilePath: join(directory, "scalar.ort"),
      logSeverityLevel: 4,
      extra: { session: { save_model_format: "ORT" } },
    });
    await session.release();
    const model = await load(versionOf(directory));
    expect(signatureOf(model).inputs).toEqual(new Map([["x", { dtype: "float32", shape: undefined }]]));
    expect(await run(model, new Map([["x", float32([1, 2])]]))).toEqual(new Map([["y", float32([1, 2])]]));
  });
});
