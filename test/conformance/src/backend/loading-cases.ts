import { type LoadedModel, PlinthError } from "@plinth/core";
import { expect } from "vitest";
import { rejectionOf } from "../traits/rejection.js";
import type { BackendCase, BackendContext, BrokenExample } from "./backend-under-test.js";
import { openInMemory } from "./example-files.js";
import { expectAnswers } from "./running-cases.js";

const LOADS_AT_ONCE = 8;

export const loadingCases: readonly BackendCase[] = [
  {
    name: "tells the signatures of its models",
    async run({ subject, load }) {
      for (const example of subject.models) {
        const { signatures } = await load(example);
        expect(signatures, example.directory).toEqual(example.signatures);
      }
    },
  },
  {
    name: "answers alike where the files lie in memory, and refuses the same",
    needs: "readsContents",
    async run({ backend, subject }) {
      const { signal } = new AbortController();
      for (const example of subject.models) {
        const model = await backend.load(await openInMemory(example), { model: "m", version: 1n, signal });
        try {
          expect(model.signatures, example.directory).toEqual(example.signatures);
          await expectAnswers(model, example);
        } finally {
          await model[Symbol.asyncDispose]();
        }
      }
      for (const { reason, names, ...example } of subject.broken) {
        const files = await openInMemory(example);
        const thrown = await rejectionOf(backend.load(files, { model: "m", version: 1n, signal }));
        expect(thrown).toMatchObject({ name: "PlinthError", reason, message: expect.stringContaining(names) });
      }
    },
  },
  {
    name: "loads the same files several times at once",
    async run({ subject, load, unload }) {
      const [example] = subject.models;
      const loads = Array.from({ length: LOADS_AT_ONCE }, () => load(example));
      const [first, ...others] = await Promise.all(loads);
      await unload(first as LoadedModel);
      for (const model of others) await expectAnswers(model, example);
    },
  },
  {
    name: "leaves the files to whoever opened them",
    async run({ backend, subject, open }) {
      const files = await open(subject.models[0]);
      const model = await backend.load(files, { model: "m", version: 1n, signal: new AbortController().signal });
      expect(files.disposed, "disposed by load").toBe(false);
      await model[Symbol.asyncDispose]();
      expect(files.disposed, "disposed with the model").toBe(false);
    },
  },
  {
    name: "refuses what it cannot load with the reason and the file's name",
    async run(context) {
      for (const example of context.subject.broken) await expectRefused(context, example);
    },
  },
  {
    name: "loads a model after it has refused one",
    async run(context) {
      const { subject, load } = context;
      for (const broken of subject.broken) {
        await load(broken).catch(() => {});
        await expectAnswers(await load(subject.models[0]), subject.models[0]);
      }
    },
  },
  {
    name: "is cancelled by a signal that has aborted before",
    async run({ subject, load }) {
      const thrown = await rejectionOf(load(subject.models[0], AbortSignal.abort()));
      expect(PlinthError.from(thrown).code).toBe("CANCELLED");
    },
  },
  {
    name: "is cancelled or done when the signal aborts while it loads",
    async run({ backend, subject, open, load }) {
      const [example] = subject.models;
      const files = await open(example);
      const controller = new AbortController();
      const loading = backend.load(files, { model: "m", version: 1n, signal: controller.signal });
      controller.abort();
      const outcome = await loading.catch((thrown: unknown) => PlinthError.from(thrown));
      if (outcome instanceof PlinthError) expect(outcome.code).toBe("CANCELLED");
      else await outcome[Symbol.asyncDispose]();
      await expectAnswers(await load(example), example);
    },
  },
];

async function expectRefused(
  { load }: BackendContext,
  { fault, names, reason, ...example }: BrokenExample,
): Promise<void> {
  const thrown = await rejectionOf(load(example));
  expect(thrown, `a model that ${fault}`).toMatchObject({ name: "PlinthError", reason });
  expect((thrown as Error).message).toContain(names);
}
