import { OnnxBackend, onnxOptions } from "@plinth/backend-onnx";
import { describe, expect, it } from "vitest";
import { findModelFile } from "../src/model-file.js";
import { load, modelPath, versionOf } from "./example-models.js";

describe("the backend", () => {
  const backend = new OnnxBackend(onnxOptions.parse({}));
  const recognizes = (...paths: readonly string[]) => backend.recognizes(paths.map((path) => ({ path, bytes: 1 })));

  it.each([
    ["the only .onnx file", ["anything.onnx"]],
    ["the only .ort file", ["anything.ort"]],
    ["model.onnx among several", ["model.onnx", "tokenizer.onnx"]],
    ["model.ort among several", ["model.ort", "a.onnx", "b.onnx"]],
    ["a model with external data beside it", ["model.onnx", "model.onnx_data", "weights/part-0.bin"]],
    ["a model with a hidden copy of a file system beside it", ["digits.onnx", "._digits.onnx"]],
  ])("recognizes %s", (_, paths) => {
    expect(recognizes(...paths)).toBe(true);
  });

  it.each([
    ["a model in a folder", ["folder/model.onnx"]],
    ["several of which none is named model", ["encoder.onnx", "decoder.onnx"]],
    ["a file that is only called so", [".onnx", "onnx", "model.onnx.txt"]],
    ["a SavedModel", ["saved_model.pb", "variables/variables.index"]],
  ])("does not recognize %s", (_, paths) => {
    expect(recognizes(...paths)).toBe(false);
  });
});

describe("files of which some are marked as the model", () => {
  const backend = new OnnxBackend(onnxOptions.parse({}));
  const files = (marked: string, ...others: readonly string[]) => [
    ...others.map((path) => ({ path, bytes: 1 })),
    { path: marked, bytes: 1, isModel: true },
  ];

  it("are taken where that is a model", () => {
    expect(findModelFile(files("decoder.onnx", "encoder.onnx", "model.onnx"))).toBe("decoder.onnx");
    expect(backend.recognizes(files("decoder.onnx", "encoder.onnx"))).toBe(true);
  });

  it.each(["weights.bin", "folder/model.onnx", ".hidden.onnx"])("are not where that is none: %s", (marked) => {
    expect(backend.recognizes(files(marked, "model.onnx"))).toBe(false);
  });
});

describe("a version that is not recognized", () => {
  it("is refused with what is expected", async () => {
    await expect(load(versionOf(modelPath("invalid")))).rejects.toMatchObject({
      reason: "MODEL_FILE_INVALID",
      message: expect.stringMatching(/Expected one \.onnx or \.ort file .* got 7 files/),
    });
  });
});
