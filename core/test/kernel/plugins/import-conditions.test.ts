import { expect, test } from "vitest";
import { importConditions } from "../../../src/kernel/plugins/import-conditions.js";

test.each([
  ["none", [], "", []],
  ["-C", ["-C", "@plinth/source"], "", ["@plinth/source"]],
  ["--conditions", ["--conditions", "a", "--conditions=b", "--inspect"], "", ["a", "b"]],
  ["NODE_OPTIONS", [], "--max-old-space-size=100 --conditions=a  -C b", ["a", "b"]],
  ["quotes in NODE_OPTIONS", [], '"--conditions=a" --require "./some file.js" -C "b"', ["a", "b"]],
])("knows the conditions that a process was started with by %s", (_, execArguments, nodeOptions, expected) => {
  const custom = [...importConditions(execArguments, nodeOptions)].filter(
    (condition) => !importConditions([], "").has(condition),
  );
  expect(custom).toEqual(expected);
});

test("always has Node's own", () => {
  expect([...importConditions([], "")]).toEqual(expect.arrayContaining(["node", "import"]));
});
