import { PREDICT_METHOD } from "@plinth/core";
import { expect, it, vi } from "vitest";
import { OnnxModel } from "../src/onnx-model.js";

it("frees its session once, however often it is disposed", async () => {
  const dispose = vi.fn();
  const session = { inputs: [], outputs: [], run: () => ({}), dispose };
  const signature = { inputs: new Map(), outputs: new Map(), method: PREDICT_METHOD, shapes: "binding" } as const;
  const model = new OnnxModel(session, signature);
  await Promise.all([model[Symbol.asyncDispose](), model[Symbol.asyncDispose]()]);
  expect(dispose).toHaveBeenCalledTimes(1);
});
