import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_SIGNATURE, type PlinthError, type Signature } from "../../../src/index.js";
import type { WorkerRecipe } from "../../../src/serving/execution/backend-source.js";
import { executeModel, type ModelExecution } from "../../../src/serving/execution/execute-model.js";
import type { ExecutedModel } from "../../../src/serving/execution/executed-model.js";
import type { ExecutorKind } from "../../../src/serving/execution/execution-settings.js";
import { processWorkers } from "../../../src/serving/execution/worker/process-channel.js";
import { threadWorkers } from "../../../src/serving/execution/worker/thread-channel.js";
import { ECHO_SIGNATURE, FakeBackend } from "../../fakes/fake-backend.js";
import { RecordingLogger } from "../../fakes/recording-logger.js";

const MEBIBYTE = 2 ** 20;

let backend: FakeBackend;
let logger: RecordingLogger;

beforeEach(() => {
  backend = new FakeBackend();
  logger = new RecordingLogger();
});

afterEach(() => {
  expect(backend.live, "models left behind").toEqual(new Set());
});

describe("a model goes", () => {
  test.each<[string, Choice, string]>([
    ["inline where that is said", { executor: "inline" }, "inline"],
    ["inline where that is said, one of it", { executor: "inline", instances: 4 }, "inline"],
    ["to threads where that is said", { executor: "thread", instances: 2 }, "2 workers"],
    ["inline of itself where its runs are short", { workerRunMs: 0.1 }, "inline"],
    ["to workers where its runs are long", { workerRunMs: 1 }, "2 workers"],
    ["to workers where nobody knows how long its runs are", { workerRunMs: undefined }, "2 workers"],
    [
      "to workers where it is large, without trying",
      { workerRunMs: 0.1, bytes: 5 * MEBIBYTE, quiet: true },
      "2 workers",
    ],
    ["inline where nothing is in service and it is short there", { workerRunMs: 1, quiet: true }, "inline"],
    ["to workers where it turns out to be long here", { workerRunMs: 1, quiet: true, runMs: 5 }, "2 workers"],
    ["to as many workers as memory has room for", { workerRunMs: 1, copies: 1, instances: 8 }, "2 workers"],
    ["to one worker where it has state, however many would fit", { workerRunMs: 1, changesState: true }, "1 workers"],
    ["inline where it has state and nothing is in service", { runMs: 5, quiet: true, changesState: true }, "inline"],
    ["inline where workers cannot make its backend, however long it runs", { recipe: false, runMs: 5 }, "inline"],
  ])("%s", async (_, choice, place) => {
    const model = await execute(choice);
    expect(placeOf(model)).toBe(place);
    const x = { dtype: "float32", shape: [2], data: new Float32Array([1, 2]) } as const;
    const outputs = await model.run({ signature: DEFAULT_SIGNATURE, inputs: new Map([["x", x]]), outputs: ["y"] });
    expect([...outputs.values()]).toEqual([x]);
    await model[Symbol.asyncDispose]();
  });
});

test.each(["thread", "process"] as const)(
  "a %s that cannot make the backend is refused, with the way out",
  async (executor) => {
    await expect(execute({ executor, recipe: false })).rejects.toMatchObject({
      reason: "MODEL_UNSUPPORTED",
      message: expect.stringMatching(new RegExp(`${executor}.*backend fake.*executor: inline`)),
    });
  },
);

test("where it went is told, and with fewer instances than asked for why", async () => {
  const model = await execute({ workerRunMs: 1, copies: 0, instances: 2 });
  expect(logger.lines).toMatchObject([
    { message: "Model m version 1 runs with 1 of 2 instances: there is no memory for more" },
    { message: "Model m version 1 runs in worker threads", fields: { runMs: 1 } },
  ]);
  await model[Symbol.asyncDispose]();
});

test("a load that is aborted leaves nothing behind", async () => {
  const aborter = new AbortController();
  backend.onLoad = async () => aborter.abort();
  for (const choice of [{ executor: "inline" }, { quiet: true }] as const) {
    await expect(execute(choice, aborter.signal)).rejects.toMatchObject({ name: "AbortError" });
  }
});

interface Choice {
  readonly executor?: ExecutorKind;
  readonly instances?: number;
  /** How long a run takes in a worker; default: `undefined`, not known. */
  readonly workerRunMs?: number | undefined;
  /** How long one takes on this thread. */
  readonly runMs?: number;
  readonly quiet?: boolean;
  readonly recipe?: boolean;
  readonly bytes?: number;
  /** Further copies that fit into memory. */
  readonly copies?: number;
  readonly changesState?: true;
}

function execute(choice: Choice, signal = new AbortController().signal): Promise<ExecutedModel> {
  const { executor = "auto", instances = 2, quiet = false, recipe = true, bytes = 1, copies = 100, runMs = 0 } = choice;
  backend.onRun = async () => spend(runMs);
  backend.signature = signatureOf(choice);
  let free = copies;
  const execution: ModelExecution = {
    model: "m",
    version: 1n,
    files: { directory: "/nowhere", files: [{ path: "m.fake", bytes }], [Symbol.asyncDispose]: async () => {} },
    source: { backend, recipe: recipe ? scriptedRecipe(choice) : undefined },
    settings: { executor, instances, maxQueuedRequests: 0 },
    batching: undefined,
    versions: { kind: "all" },
    description: undefined,
    counts: { executorStarted: () => {}, executorDied: () => {} },
    reserveCopy: () => (free-- > 0 ? { [Symbol.dispose]: () => free++ } : undefined),
    isQuiet: () => quiet,
    died: (error: PlinthError) => expect.fail(error.message),
    logger,
  };
  return executeModel(execution, signal);
}

function signatureOf({ changesState }: Choice): Signature {
  return { ...ECHO_SIGNATURE, ...(changesState && { changesState }) };
}

function scriptedRecipe(choice: Choice): WorkerRecipe {
  const entry = new URL("../../fakes/scripted-worker.mjs", import.meta.url);
  return {
    threads: threadWorkers(entry),
    processes: processWorkers(entry),
    data: {
      signatures: new Map([[DEFAULT_SIGNATURE, signatureOf(choice)]]),
      report: { runMs: choice.workerRunMs, refusals: [] },
    },
  };
}

function placeOf({ slots }: ExecutedModel): string {
  // Runs that are short, or not known, are sent two at a time.
  return slots === Number.POSITIVE_INFINITY ? "inline" : `${slots / 2} workers`;
}

/** Holds the thread up. */
function spend(runMs: number): void {
  for (const endMs = performance.now() + runMs; performance.now() < endMs; );
}
