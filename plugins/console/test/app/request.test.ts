import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { outputsOf, shownScores } from "../../app/try-it/answer-outputs.js";
import { codeLines } from "../../app/try-it/code-lines.js";
import {
  describedVersion,
  examplesBody,
  generateBody,
  inferencePath,
  predictBody,
} from "../../app/try-it/inference-request.js";
import { streamedOutputs } from "../../app/try-it/streamed-outputs.js";

describe("a request", () => {
  it("goes to a version, a label, or wherever the rules say, whatever their names are", () => {
    expect(inferencePath("digits", {}, "predict")).toBe("/v1/models/digits:predict");
    expect(inferencePath("a b", { version: "3" }, "predict")).toBe("/v1/models/a%20b/versions/3:predict");
    expect(inferencePath("digits", { label: "a/b" }, "classify")).toBe("/v1/models/digits/labels/a%2Fb:classify");
    expect(inferencePath("a b", {}, "generate_stream")).toBe("/v2/models/a%20b/generate_stream");
    expect(inferencePath("m", { version: "3" }, "generate_stream")).toBe("/v2/models/m/versions/3/generate_stream");
    expect(inferencePath("m", { label: "a/b" }, "generate_stream")).toBe("/v2/models/m/versions/a%2Fb/generate_stream");
  });

  it("names its signature where that is not the usual one, and escapes names of inputs", () => {
    const inputs = new Map([['a"b', "[1]"]]);
    expect(JSON.parse(predictBody({ name: "serving_default" }, inputs))).toEqual({ inputs: { 'a"b': [1] } });
    expect(JSON.parse(predictBody({ name: "x" }, new Map()))).toEqual({ signature_name: "x", inputs: {} });
    expect(JSON.parse(examplesBody({ name: "c" }, '{"a": 1.0}'))).toEqual({
      signature_name: "c",
      examples: [{ a: 1 }],
    });
    const parameters = { signature_name: "steps" };
    expect(JSON.parse(generateBody({ name: "steps" }, inputs))).toEqual({ 'a"b': [1], parameters });
    expect(JSON.parse(generateBody({ name: "serving_default" }, inputs))).toEqual({ 'a"b': [1] });
  });

  it("is made from the signatures of the version that will answer", () => {
    const model = {
      labels: { stable: "1" },
      versions: [
        { version: "3", state: "loading" },
        { version: "2", state: "available" },
      ],
    };
    expect(describedVersion({}, model)).toBe("2");
    expect(describedVersion({ label: "stable" }, model)).toBe("1");
    expect(describedVersion({ version: "3" }, model)).toBe("3");
  });
});

describe("the lines that send the same", () => {
  /** What a shell would run, with a `curl` that prints what it was given. */
  function given(body: string, path = "/v1/models/m:predict"): string {
    const lines = codeLines("http://localhost", { verb: "predict", path, body }).get("curl") ?? "";
    const fake = 'curl() { printf "%s\\n" "$1"; if [ "$5" = "@-" ]; then cat; else printf "%s" "$5"; fi; }\n';
    return execFileSync("sh", ["-c", fake + lines], { encoding: "utf8" });
  }

  it.each([
    '{"inputs": {"x": "it\'s $HOME `id` \\" \\\\n"}}',
    `{"inputs": {"x": [${"0.5, ".repeat(20_000)}1]}, "it's": "$HOME"}`,
    `{"inputs": {"x": "${"y".repeat(40_000)}"},\nBODY\n}`,
  ])("give a shell the body to the letter, short or long", (body) => {
    expect(given(body).trimEnd()).toBe(`http://localhost/v1/models/m:predict\n${body}`);
  });

  it("quote addresses that mean something to a shell", () => {
    expect(given("{}", "/v1/models/a'b(c):predict")).toBe("http://localhost/v1/models/a'b(c):predict\n{}");
  });
});

describe("an answer", () => {
  const output = (name: string) => ({ name, dtype: "float32" as const });

  it.each([
    [["y"], '{"outputs": [[0.1, 0.9]]}', [{ kind: "scores", name: "y", scores: [0.1, 0.9] }]],
    [["y"], '{"outputs": [7]}', [{ kind: "value", name: "y", text: "7" }]],
    [["y"], '{"outputs": [[1], [2]]}', [{ kind: "json", name: "y", text: "[[1],[2]]" }]],
    [["y"], '{"outputs": ["a"]}', [{ kind: "value", name: "y", text: "a" }]],
    [["y"], '{"outputs": [NaN]}', [{ kind: "value", name: "y", text: "NaN" }]],
    [
      ["digit", "p"],
      '{"outputs": {"digit": [7], "p": [[0.25, 0.75]]}}',
      [
        { kind: "value", name: "digit", text: "7" },
        { kind: "scores", name: "p", scores: [0.25, 0.75] },
      ],
    ],
    [
      ["classes", "scores"],
      '{"results": [[["cat", 0.25], ["dog", 0.75]]]}',
      [{ kind: "scores", name: "result", scores: [0.25, 0.75], labels: ["cat", "dog"] }],
    ],
    [["scores"], '{"results": [[["", 0.25]]]}', [{ kind: "scores", name: "result", scores: [0.25] }]],
    [
      ["outputs"],
      '{"results": [0.5, NaN]}',
      [
        { kind: "value", name: "example 0", text: "0.5" },
        { kind: "value", name: "example 1", text: "NaN" },
      ],
    ],
    [["y"], '{"predictions": [1]}', []],
    [["y"], "null", []],
    [["y"], "not JSON", []],
  ])("of %j is taken apart: %s", (names, answer, views) => {
    expect(outputsOf(answer, { outputs: names.map(output) })).toEqual(views);
  });

  it.each([
    [
      'data: {"y": "so "}\n\ndata: {"y": "far"}\n\n',
      { count: 2, outputs: [{ kind: "value", name: "y", text: "so far" }] },
    ],
    [
      'data: {"y": 0.5}\n\ndata: {"y": 0.25}\n\n',
      { count: 2, outputs: [{ kind: "scores", name: "y", scores: [0.5, 0.25] }] },
    ],
    [
      'data: {"y": 1}\n\ndata: {"error": "broke"}\n\n',
      { count: 1, outputs: [{ kind: "value", name: "y", text: "1" }], error: "broke" },
    ],
    ['data: {"y": 1}\n\ndata: {"y": 2', { count: 1, outputs: [{ kind: "value", name: "y", text: "1" }] }],
    ["", { count: 0, outputs: [] }],
  ])("that streams is put together: %j", (text, expected) => {
    expect(streamedOutputs(text, { outputs: [output("y")] })).toEqual(expected);
  });

  it("of many classes is told by the highest", () => {
    expect(shownScores([0.1, 0.7, 0.2], 2)).toEqual([
      [1, 0.7],
      [2, 0.2],
    ]);
    expect(shownScores([0.1, 0.7], 2)).toEqual([
      [0, 0.1],
      [1, 0.7],
    ]);
  });
});
