import { readdir } from "node:fs/promises";
import { expect } from "vitest";
import { rejectionOf } from "../traits/rejection.js";
import type { BackendCase, ExampleFiles } from "./backend-under-test.js";
import { expectAnswers } from "./running-cases.js";
import { expectTensors } from "./tensor-expectations.js";

const CYCLES = 200;
/** What the process may open on its own meanwhile. */
const OTHER_FILES = 20;

export const lifetimeCases: readonly BackendCase[] = [
  {
    name: "can be disposed twice, also at once",
    async run({ subject, load, unload }) {
      const model = await load(subject.models[0]);
      await Promise.all([unload(model), unload(model)]);
      await unload(model);
    },
  },
  {
    name: "does not run after disposal, and says so",
    async run({ subject, load, unload }) {
      const [example] = subject.models;
      const [{ signature, inputs, outputs }] = example.runs;
      const model = await load(example);
      await unload(model);
      const thrown = await rejectionOf(model.run({ signature, inputs, outputs: [...outputs.keys()] }));
      expect(thrown).toMatchObject({ name: "PlinthError" });
    },
  },
  {
    name: "keeps its outputs readable after disposal",
    async run({ subject, load, unload }) {
      const [example] = subject.models;
      const [{ signature, inputs, outputs }] = example.runs;
      const model = await load(example);
      const answer = await model.run({ signature, inputs, outputs: [...outputs.keys()] });
      await unload(model);
      expectTensors(answer, outputs);
    },
  },
  {
    name: "warms up, and answers the same afterwards",
    needs: "warmUp",
    async run({ subject, load }) {
      for (const example of subject.models) {
        const model = await load(example);
        await model.warmUp?.({ signal: new AbortController().signal });
        await expectAnswers(model, example);
      }
    },
  },
  {
    name: "leaves no file open after it has loaded and disposed many times",
    needs: "/proc/self/fd",
    async run({ subject, load, unload }) {
      await expectNoFilesLeftOpen(subject.models[0], async (example) => unload(await load(example)));
    },
  },
  {
    name: "leaves no file open after it has refused many times",
    needs: "/proc/self/fd",
    async run({ subject, load }) {
      for (const broken of subject.broken) {
        await expectNoFilesLeftOpen(broken, (example) => rejectionOf(load(example)));
      }
    },
  },
];

async function expectNoFilesLeftOpen<E extends ExampleFiles>(
  example: E,
  once: (example: E) => Promise<unknown>,
): Promise<void> {
  await once(example);
  const before = await openFiles();
  for (let cycle = 0; cycle < CYCLES; cycle += 1) await once(example);
  expect((await openFiles()) - before, `more files open after ${CYCLES} times`).toBeLessThan(OTHER_FILES);
}

async function openFiles(): Promise<number> {
  return (await readdir("/proc/self/fd")).length;
}
