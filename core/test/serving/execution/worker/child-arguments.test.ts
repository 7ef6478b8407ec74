import { expect, test } from "vitest";
import { childArguments, childEnvironment } from "../../../../src/serving/execution/worker/child-arguments.js";

test.each([
  [
    "preloads and loaders",
    ["--import", "./a.js", "-r", "b", "--loader=c"],
    ["--import", "./a.js", "-r", "b", "--loader=c"],
  ],
  ["conditions", ["-C", "dev", "--conditions=x"], ["-C", "dev", "--conditions=x"]],
  ["limits and warnings", ["--max-old-space-size=100", "--no-warnings"], ["--max-old-space-size=100", "--no-warnings"]],
])("%s are passed on", (_, given, kept) => {
  expect(childArguments(given)).toEqual(kept);
});

test.each([
  [["--inspect"]],
  [["--inspect=127.0.0.1:9229"]],
  [["--inspect-brk=0"]],
  [["--inspect-port=9230"]],
  [["--debug-port", "9229"]],
  [["--watch"]],
  [["--watch-path=src"]],
  [["--test"]],
  [["--test-only"]],
  [["-e", "process.exit()"]],
  [["--eval=1"]],
  [["-p", "1"]],
  [["--input-type=module", "-i"]],
])("%j is not passed on", (given) => {
  expect(childArguments(["--no-warnings", ...given, "--import=x"])).toEqual(["--no-warnings", "--import=x"]);
});

test("the same holds for NODE_OPTIONS; the rest of the environment is as it was", () => {
  const NODE_OPTIONS = '--inspect=9229 --import "./a file.js" --max-old-space-size=100';
  expect(childEnvironment({ PATH: "/bin", NODE_OPTIONS })).toEqual({
    PATH: "/bin",
    NODE_OPTIONS: '--import "./a file.js" --max-old-space-size=100',
  });
  expect(childEnvironment({ PATH: "/bin" })).toEqual({ PATH: "/bin" });
});
