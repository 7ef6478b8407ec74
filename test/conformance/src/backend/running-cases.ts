import { type LoadedModel, type NamedTensors, PlinthError } from "@plinth/core";
import { expect } from "vitest";
import { rejectionOf } from "../traits/rejection.js";
import type { BackendCase, ModelExample, RunExample } from "./backend-under-test.js";
import { copyOf, expectTensors, scribbleOver, viewsOf } from "./tensor-expectations.js";

const OVERLAPPING_RUNS = 50;

/** Fails unless the model answers every run of the example. */
export async function expectAnswers(model: LoadedModel, example: ModelExample): Promise<void> {
  for (const run of example.runs) expectTensors(await answer(model, run), run.outputs);
}

function answer(model: LoadedModel, { signature, inputs, outputs }: RunExample): Promise<NamedTensors> {
  return model.run({ signature, inputs, outputs: [...outputs.keys()] });
}

export const runningCases: readonly BackendCase[] = [
  {
    name: "answers what the model answers",
    async run({ subject, load }) {
      for (const example of subject.models) await expectAnswers(await load(example), example);
    },
  },
  {
    name: "gives only the outputs that are asked for, in that order",
    async run({ subject, load }) {
      for (const example of subject.models) {
        const model = await load(example);
        for (const run of example.runs) {
          const backwards = [...run.outputs].reverse();
          expectTensors(await answer(model, { ...run, outputs: new Map(backwards) }), new Map(backwards));
          for (const output of backwards) {
            expectTensors(await answer(model, { ...run, outputs: new Map([output]) }), new Map([output]));
          }
        }
      }
    },
  },
  {
    name: "gives each of many overlapping runs its own answer",
    async run({ subject, load }) {
      for (const example of subject.models) {
        const model = await load(example);
        const runs = Array.from({ length: OVERLAPPING_RUNS }, (_, index) => pick(example.runs, index));
        const answers = await Promise.all(runs.map((run) => answer(model, run)));
        for (const [index, run] of runs.entries()) expectTensors(answers[index] ?? new Map(), run.outputs);
      }
    },
  },
  {
    name: "takes inputs that are views into larger buffers",
    async run({ subject, load }) {
      for (const example of subject.models) {
        const model = await load(example);
        for (const run of example.runs) {
          expectTensors(await answer(model, { ...run, inputs: viewsOf(run.inputs) }), run.outputs);
        }
      }
    },
  },
  {
    name: "does not write to its inputs",
    async run({ subject, load }) {
      for (const example of subject.models) {
        const model = await load(example);
        for (const run of example.runs) {
          const inputs = copyOf(run.inputs);
          await answer(model, { ...run, inputs });
          expectTensors(inputs, run.inputs);
        }
      }
    },
  },
  {
    name: "gives outputs that share no memory with inputs, with each other's runs or with the model",
    async run({ subject, load }) {
      for (const example of subject.models) {
        const model = await load(example);
        for (const run of example.runs) {
          const inputs = copyOf(run.inputs);
          const [first, second] = [await answer(model, { ...run, inputs }), await answer(model, { ...run, inputs })];
          scribbleOver(first);
          expectTensors(inputs, run.inputs);
          expectTensors(second, run.outputs);
          expectTensors(await answer(model, run), run.outputs);
        }
      }
    },
  },
  {
    name: "refuses misshapen inputs as such and goes on",
    needs: "misshapen inputs",
    async run({ subject, load }) {
      for (const example of subject.models) {
        const model = await load(example);
        for (const { signature, inputs } of example.misshapen ?? []) {
          const outputs = [...(example.signatures.get(signature)?.outputs.keys() ?? [])];
          const thrown = await rejectionOf(model.run({ signature, inputs, outputs }));
          expect(thrown).toMatchObject({ name: "PlinthError" });
          expect(["INPUT_SHAPE_MISMATCH", "MODEL_RUN_FAILED"]).toContain((thrown as PlinthError).reason);
          await expectAnswers(model, example);
        }
      }
    },
  },
  {
    name: "answers or is cancelled where nobody waits for the answer any more",
    async run({ subject, load }) {
      const [example] = subject.models;
      const [run] = example.runs;
      const model = await load(example);
      const call = { signature: run.signature, inputs: run.inputs, outputs: [...run.outputs.keys()] };
      const outcome = await model
        .run({ ...call, signal: AbortSignal.abort() })
        .catch((thrown: unknown) => PlinthError.from(thrown));
      if (outcome instanceof PlinthError) expect(outcome.code).toBe("CANCELLED");
      else expectTensors(outcome, run.outputs);
    },
  },
  {
    name: "does not change its signatures by running",
    async run({ subject, load }) {
      for (const example of subject.models) {
        const model = await load(example);
        await expectAnswers(model, example);
        expect(model.signatures).toEqual(example.signatures);
      }
    },
  },
];

function pick<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}
