import { describe, expect, it } from "vitest";
import { FilesInMemory } from "../../src/index.js";
import { markModel } from "../../src/serving/lifecycle/named-model.js";

const entries = (...paths: readonly string[]) => paths.map((path) => ({ path, bytes: 1 }));

const named = (path: string) => ({ path, at: "about.json:1:1" });

function marked(paths: readonly string[], path: string): readonly string[] {
  const files = markModel(new FilesInMemory(entries(...paths), new Map()), named(path)).files;
  return files.filter(({ isModel }) => isModel).map((file) => file.path);
}

describe("the model among a version's files", () => {
  it("is the file of that name, or all in the folder", () => {
    expect(marked(["a.onnx", "b.onnx", "b.onnx_data"], "b.onnx")).toEqual(["b.onnx"]);
    expect(marked(["m/saved_model.pb", "m/variables/index", "n/saved_model.pb"], "m")).toEqual([
      "m/saved_model.pb",
      "m/variables/index",
    ]);
  });

  it("is not looked for where nobody names it", () => {
    const files = new FilesInMemory(entries("a"), new Map());
    expect(markModel(files, undefined)).toBe(files);
  });

  it("has to be there", () => {
    expect(() => marked(["a.onnx"], "b.onnx")).toThrow(
      expect.objectContaining({
        reason: "MODEL_DESCRIPTION_INVALID",
        message: 'about.json:1:1: expected a file of the version, got "b.onnx"; it has "a.onnx"',
      }),
    );
  });

  it("leaves the files what they were, and gives them back once", async () => {
    const given: string[] = [];
    const contents = new Map([["a", new Uint8Array(1)]]);
    const opened = new FilesInMemory(entries("a"), contents, async () => void given.push("back"));
    const files = markModel(opened, named("a"));
    expect(files.contents).toBe(contents);
    expect(() => files.directory).toThrow("in memory");
    await files[Symbol.asyncDispose]();
    expect(given).toEqual(["back"]);
  });
});
