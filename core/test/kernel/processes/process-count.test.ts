import { expect, it } from "vitest";
import { processCount } from "../../../src/kernel/processes/process-count.js";
import { availableCores } from "../../../src/serving/execution/available-cores.js";
import { FakeWorkspace } from "../config/fake-plugins.js";

it.each([
  ["storage: { use: disk, root: . }\n", 1],
  ["storage: { use: disk, root: . }\nserver: { processes: 3 }\n", 3],
  ["storage: { use: disk, root: . }\nserver: { processes: auto }\n", availableCores()],
])("%j is answered by %i processes", async (text, count) => {
  using workspace = new FakeWorkspace();
  expect(processCount((await workspace.parse(text)).server)).toBe(count);
});
