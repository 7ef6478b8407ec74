import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";

const run = (...words: readonly string[]) =>
  promisify(execFile)(process.execPath, [join(ROOT, "bench", "run.mjs"), ...words], { cwd: ROOT });

it("the benchmark finds all that it measures in what was built, and tells figures", async () => {
  const { stdout } = await run("--only", "tensor-raw", "--quick", "--json");
  const { scenarios } = JSON.parse(stdout);
  expect(scenarios).toMatchObject([{ name: "tensor-raw", tables: [{ rows: expect.any(Array) }] }]);
  expect(scenarios[0].tables[0].rows[0]).toMatchObject({ medianMs: expect.any(Number) });
});

it("the benchmark names what there is to measure", async () => {
  await expect(run("--only", "everything")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^--only: expected names out of start, .*got everything$/m),
  });
});
