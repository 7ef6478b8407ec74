import type { LoadedModel, NamedTensors } from "@plinth/core";
import { expect } from "vitest";
import type { BackendCase, StreamExample } from "./backend-under-test.js";
import { copyOf, expectTensors, scribbleOver } from "./tensor-expectations.js";

const OVERLAPPING_STREAMS = 8;

export const streamingCases: readonly BackendCase[] = [
  {
    name: "streams what the model streams",
    needs: "streams",
    run: (context) => forEach(context, async (model, example) => expectSteps(model, example)),
  },
  {
    name: "streams only the outputs that are asked for, in that order",
    needs: "streams",
    run: (context) =>
      forEach(context, async (model, example) => {
        const outputs = namesOf(example).reverse();
        await expectSteps(model, { ...example, steps: example.steps.map((step) => picked(step, outputs)) }, outputs);
        for (const output of outputs) {
          await expectSteps(model, { ...example, steps: example.steps.map((step) => picked(step, [output])) }, [
            output,
          ]);
        }
      }),
  },
  {
    name: "gives each of many overlapping streams its own steps",
    needs: "streams",
    run: (context) =>
      forEach(context, async (model, example) => {
        const streams = Array.from({ length: OVERLAPPING_STREAMS }, () => begin(model, example).steps);
        for (const step of example.steps) {
          for (const { value } of await Promise.all(streams.map((stream) => stream.next()))) {
            expectTensors(value ?? new Map(), step);
          }
        }
        for (const stream of streams) expect((await stream.next()).done, "ends").toBe(true);
      }),
  },
  {
    name: "gives steps that share no memory with inputs, with each other or with the model",
    needs: "streams",
    run: (context) =>
      forEach(context, async (model, example) => {
        const inputs = copyOf(example.inputs);
        const { steps } = begin(model, { ...example, inputs });
        const given: NamedTensors[] = [];
        for (const step of example.steps) {
          const outputs = (await steps.next()).value ?? new Map();
          expectTensors(outputs, step);
          if (given.length > 0) scribbleOver(outputs);
          else given.push(outputs);
        }
        expectTensors(given[0] ?? new Map(), example.steps[0] ?? new Map());
        expectTensors(inputs, example.inputs);
        await expectSteps(model, example);
      }),
  },
  {
    name: "ends a stream that is left, and streams the next one",
    needs: "streams",
    run: (context) =>
      forEach(context, async (model, example) => {
        const { steps, stopping } = begin(model, example);
        expectTensors((await steps.next()).value ?? new Map(), example.steps[0] ?? new Map());
        stopping.abort();
        await steps.return?.();
        await expectSteps(model, example);
      }),
  },
  {
    name: "ends a stream in a step of which nobody wants it any more, and streams the next one",
    needs: "streams",
    run: (context) =>
      forEach(context, async (model, example) => {
        const { steps, stopping } = begin(model, example);
        const step = steps.next();
        stopping.abort();
        const ending = steps.return?.();
        // However they end, they end.
        await Promise.allSettled([step, ending]);
        await expectSteps(model, example);
      }),
  },
];

async function forEach(
  { subject, load }: Parameters<BackendCase["run"]>[0],
  check: (model: LoadedModel, example: StreamExample) => Promise<void>,
): Promise<void> {
  for (const example of subject.models) {
    if (example.streams === undefined) continue;
    const model = await load(example);
    for (const stream of example.streams) await check(model, stream);
  }
}

async function expectSteps(model: LoadedModel, example: StreamExample, outputs = namesOf(example)): Promise<void> {
  const { steps } = begin(model, example, outputs);
  for (const step of example.steps) expectTensors((await steps.next()).value ?? new Map(), step);
  expect((await steps.next()).done, "ends after its last step").toBe(true);
}

function begin(
  model: LoadedModel,
  example: StreamExample,
  outputs = namesOf(example),
): { readonly steps: AsyncIterator<NamedTensors, undefined>; readonly stopping: AbortController } {
  const { signature, inputs } = example;
  const stopping = new AbortController();
  const stream = model.stream?.({ signature, inputs, outputs, signal: stopping.signal });
  if (stream === undefined) expect.fail("Expected a model with a signature that streams to have the method stream");
  return { steps: stream[Symbol.asyncIterator](), stopping };
}

/** Every output that any step has. */
function namesOf({ steps }: StreamExample): string[] {
  return [...new Set(steps.flatMap((step) => [...step.keys()]))];
}

/** Of a step's outputs these, in this order. */
function picked(step: NamedTensors, outputs: readonly string[]): NamedTensors {
  return new Map(outputs.flatMap((name) => (step.has(name) ? [[name, step.get(name)] as never] : [])));
}
