import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { outputsOf, shownScores } from "../../app/try-it/answer-outputs.js";
import { codeLines } from "../../app/try-it/code-lines.js";
import { describedVersion, predictBody, predictPath } from "../../app/try-it/inference-request.js";

describe("a request", () => {
  it("goes to a version, a label, or wherever the rules say, whatever their names are", () => {
    expect(predictPath("digits", {})).toBe("/v1/models/digits:predict");
    expect(predictPath("a b", { version: "3" })).toBe("/v1/models/a%20b/versions/3:predict");
    expect(predictPath("digits", { label: "a/b" })).toBe("/v1/models/digits/labels/a%2Fb:predict");
  });

  it("names its signature where that is not the usual one, and escapes names of inputs", () => {
    const inputs = new Map([['a"b', "[1]"]]);
    expect(JSON.parse(predictBody({ name: "serving_default" }, inputs))).toEqual({ inputs: { 'a"b': [1] } });
    expect(JSON.parse(predictBody({ name: "x" }, new Map()))).toEqual({ signature_name: "x", inputs: {} });
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
    const lines = codeLines("http://localhost", { path, body }).get("curl") ?? "";
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
    [["y"], '{"predictions": [1]}', []],
    [["y"], "not JSON", []],
  ])("of %j is taken apart: %s", (names, answer, views) => {
    expect(outputsOf(answer, { outputs: names.map(output) })).toEqual(views);
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
