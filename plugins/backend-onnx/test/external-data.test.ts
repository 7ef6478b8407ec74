import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkExternalData } from "../src/onnx-file/external-data.js";
import { readOnnxFile } from "../src/onnx-file/read-onnx-file.js";
import { load, modelPath, versionOf } from "./example-models.js";
import { bytesField, numberField } from "./protobuf.js";

describe("external data", () => {
  it.each([
    ["missing", /"weights" in "weights\.bin", which is not among the version's files/],
    ["short", /"weights" in "weights\.bin", up to byte 24, but that file has 16 bytes/],
    ["escaping", /"weights" in "\.\.\/good\/weights\.bin", outside of the version's folder/],
    ["escaping-in-branch", /"hidden" in "\.\.\/good\/weights\.bin", outside of the version's folder/],
  ])("that is %s is refused before ONNX Runtime looks for it", async (name, message) => {
    const refused = expect(load(versionOf(modelPath(`external/${name}`)))).rejects;
    await refused.toMatchObject({ reason: "MODEL_FILE_INVALID", message: expect.stringMatching(message) });
    await refused.not.toHaveProperty("cause");
  });

  it("that lies in the folder but is not among the version's files is refused", async () => {
    await expect(load(versionOf(modelPath("external/good"), ["model.onnx"]))).rejects.toThrow(/not among/);
  });

  it.each([
    ["an absolute path", "/etc/passwd", 0, 1, /outside of/],
    ["a way out and back in", "../1/weights.bin", 0, 1, /outside of/],
    ["an address in memory, as ONNX Runtime writes it inside itself", "*/_ORT_MEM_ADDR_/*", 4096, 16, /not among/],
    ["no location", "", 0, 1, /not among/],
    ["an offset that is no number", "weights.bin", Number.NaN, 1, /no valid offset/],
    ["an offset before the file", "weights.bin", -4, 1, /no valid offset/],
    ["a length past what numbers count", "weights.bin", 0, 2 ** 60, /no valid offset/],
  ])("at %s is refused", (_, location, offset, bytes, message) => {
    const part = { tensor: "weights", location, offset, bytes };
    const check = () => checkExternalData("model.onnx", [part], [{ path: "weights.bin", bytes: 16 }]);
    expect(check).toThrow(message);
  });

  it.each(["weights.bin", "./weights.bin", "part/../weights.bin"])("at %s is found", (location) => {
    const part = { tensor: "weights", location, offset: 0, bytes: 16 };
    expect(() => checkExternalData("model.onnx", [part], [{ path: "weights.bin", bytes: 16 }])).not.toThrow();
  });

  it("is only what the tensor says that it is", async () => {
    const directory = await mkdtemp(join(tmpdir(), "plinth-test-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const entry = bytesField(13, Buffer.concat([bytesField(1, "location"), bytesField(2, "weights.bin")]));
    const tensors = [0, 1].map((location) => bytesField(5, Buffer.concat([entry, numberField(14, location)])));
    await writeFile(join(directory, "model.onnx"), bytesField(7, Buffer.concat(tensors)));
    expect(readOnnxFile(join(directory, "model.onnx"), "model.onnx").externalData).toEqual([
      { tensor: "", location: "weights.bin", offset: 0, bytes: 0 },
    ]);
  });
});
