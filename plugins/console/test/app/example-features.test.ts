import { describe, expect, it } from "vitest";
import type { TensorSpec } from "../../app/api/signatures.js";
import { exampleJson, type FeatureDraft, knownFeatures } from "../../app/try-it/example-features.js";
import { verbsOf } from "../../app/try-it/verbs.js";

describe("an example", () => {
  it.each<readonly [string, readonly FeatureDraft[], unknown]>([
    ["is empty to begin with", [{ name: "", kind: "float", text: "" }], { json: "{}" }],
    ["has one number bare, with a point", [{ name: "x", kind: "float", text: " 3 " }], { json: '{"x": 3.0}' }],
    [
      "has several as a list",
      [{ name: "x", kind: "float", text: "1 2.5,1e3 nan" }],
      { json: '{"x": [1.0, 2.5, 1e3, NaN]}' },
    ],
    ["has whole ones without a point", [{ name: "n", kind: "int64", text: "2, -3" }], { json: '{"n": [2, -3]}' }],
    ["has text to the letter", [{ name: 'a"b', kind: "bytes", text: " 1, 2 " }], { json: '{"a\\"b": " 1, 2 "}' }],
    ["says what has no name", [{ name: "", kind: "float", text: "1" }], { fault: "“1” has no name of a feature." }],
    [
      "says what is there twice",
      [
        { name: "x", kind: "float", text: "1" },
        { name: "x", kind: "bytes", text: "1" },
      ],
      { fault: "The feature x is there twice." },
    ],
    [
      "says what is no number",
      [{ name: "n", kind: "int64", text: "1.5" }],
      { fault: "n: “1.5” is no whole number, which int64 takes." },
    ],
  ])("%s", (_what, features, expected) => {
    expect(exampleJson(features)).toEqual(expected);
  });

  it("has the features that a signature's inputs are called, unless the graph parses examples itself", () => {
    const inputs = (...specs: TensorSpec[]) => ({ inputs: specs });
    expect(knownFeatures(inputs({ name: "inputs", dtype: "string", shape: [-1] }))).toBeUndefined();
    expect(knownFeatures(inputs({ name: "examples", dtype: "string" }))).toBeUndefined();
    const dense = inputs({ name: "x", dtype: "float32", shape: [-1, 2] }, { name: "n", dtype: "uint8", shape: [-1] });
    expect(knownFeatures(dense)).toEqual([
      { name: "x", kind: "float", text: "" },
      { name: "n", kind: "int64", text: "" },
    ]);
    expect(knownFeatures(inputs({ name: "t", dtype: "string", shape: [-1, 2] }))).toEqual([
      { name: "t", kind: "bytes", text: "" },
    ]);
  });
});

describe("what can be asked of a signature", () => {
  it.each([
    [{ method: "tensorflow/serving/predict" }, ["predict"]],
    [{ method: "tensorflow/serving/classify" }, ["classify", "predict"]],
    [{ method: "tensorflow/serving/regress" }, ["regress", "predict"]],
    [{ method: "tensorflow/serving/predict", streams: "only" }, ["generate_stream"]],
    [{ method: "tensorflow/serving/predict", streams: "also" }, ["generate_stream", "predict"]],
    [{ method: "" }, ["predict"]],
  ] as const)("of %j is %j", (signature, verbs) => {
    expect(verbsOf(signature)).toEqual(verbs);
  });
});
