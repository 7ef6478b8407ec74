import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_SIGNATURE, type NamedTensors, PlinthError, type RunCall } from "../../../src/index.js";
import { AutoModel, INLINE_RUN_MS, type WorkerModel } from "../../../src/serving/execution/auto-model.js";
import type { ExecutedModel } from "../../../src/serving/execution/executed-model.js";
import { type Deferred, deferred } from "../../fakes/deferred.js";
import { ECHO_SIGNATURE } from "../../fakes/fake-backend.js";
import { RecordingLogger } from "../../fakes/recording-logger.js";

const LONG_MS = INLINE_RUN_MS * 3;

/** One place, whose runs take as long as a test says, and are answered when it says so. */
class FakePlace implements WorkerModel {
  readonly signatures = new Map([[DEFAULT_SIGNATURE, ECHO_SIGNATURE]]);
  readonly outage: undefined;
  readonly slots: number;
  readonly streamSlots = 1;
  meanRunMs = 1;
  runMs = 0;
  runs = 0;
  gate: Deferred | undefined;
  isDisposed = false;
  changed: () => void = () => {};

  constructor(slots: number) {
    this.slots = slots;
  }

  run(_call: RunCall): Promise<NamedTensors> {
    expect(this.isDisposed, "a run where nothing is any more").toBe(false);
    this.runs++;
    nowMs += this.runMs;
    return (this.gate?.promise ?? Promise.resolve()).then(() => new Map());
  }

  stream(): never {
    return expect.fail("a model that streams is not moved");
  }

  onChange(changed: () => void): void {
    this.changed = changed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
  }
}

let nowMs: number;
let inline: FakePlace;
let workers: FakePlace;
let logger: RecordingLogger;
let copies: number;
/** Holds up whatever is opened. */
let opening: Deferred | undefined;
let openings: string[];

beforeEach(() => {
  nowMs = 1_000_000;
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  [inline, workers] = [new FakePlace(Number.POSITIVE_INFINITY), new FakePlace(2)];
  logger = new RecordingLogger();
  [copies, opening, openings] = [0, undefined, []];
});

afterEach(() => {
  vi.restoreAllMocks();
  expect(copies, "memory left behind").toBe(0);
});

describe("on the serving thread", () => {
  test("it stays where its runs are short", async () => {
    const model = startInline();
    await runMany(model, 1_000);
    expect(openings).toEqual([]);
    expect(model.slots).toBe(Number.POSITIVE_INFINITY);
    await model[Symbol.asyncDispose]();
    expect(inline.isDisposed).toBe(true);
  });

  test("it stays where they are a little longer than they should be", async () => {
    const model = startInline();
    inline.runMs = INLINE_RUN_MS * 1.9;
    await runMany(model, 1_000);
    expect(openings).toEqual([]);
  });

  test("it stays where a few in a row were long, as on a busy machine", async () => {
    const model = startInline();
    for (let round = 0; round < 100; round++) {
      inline.runMs = LONG_MS;
      await runMany(model, 3);
      inline.runMs = 0;
      await runMany(model, 8);
    }
    expect(openings).toEqual([]);
  });

  test("it moves to workers where they have become long", async () => {
    const model = startInline();
    let changes = 0;
    model.onChange(() => changes++);
    inline.runMs = LONG_MS;
    await runMany(model, 20);
    await vi.waitFor(() => expect(inline.isDisposed).toBe(true));
    expect(model.slots).toBe(2);
    expect(changes).toBe(1);
    workers.changed();
    expect(changes, "changes of the new place are told").toBe(2);
    const before = workers.runs;
    await runMany(model, 3);
    expect(workers.runs).toBe(before + 3);
    expect(logger.messages("info")).toEqual(["Model m version 1 moved to workers: its runs are long"]);
    await model[Symbol.asyncDispose]();
    expect(workers.isDisposed).toBe(true);
  });
});

describe("in workers", () => {
  test("it stays where its runs are a little shorter than they should be", async () => {
    const model = startInWorkers();
    workers.meanRunMs = INLINE_RUN_MS / 1.9;
    await runMany(model, 2_000);
    expect(openings).toEqual([]);
  });

  test("it moves to the serving thread where they have become short", async () => {
    const model = startInWorkers();
    workers.meanRunMs = INLINE_RUN_MS / 3;
    await runMany(model, 300);
    await vi.waitFor(() => expect(workers.isDisposed).toBe(true));
    expect(model.slots).toBe(Number.POSITIVE_INFINITY);
    expect(logger.messages("info")).toEqual(["Model m version 1 moved to the serving thread: its runs are short"]);
  });

  test("it stays where it must not be loaded on the serving thread", async () => {
    const model = startInWorkers(false);
    workers.meanRunMs = 0.001;
    await runMany(model, 2_000);
    expect(openings).toEqual([]);
  });
});

describe("while it moves", () => {
  test("requests go on where it was, and all are answered before that place is left", async () => {
    const model = startInline();
    inline.runMs = LONG_MS;
    opening = deferred();
    await runMany(model, 30);
    expect(openings).toEqual(["workers"]);
    expect(copies, "two are in memory").toBe(1);
    inline.gate = deferred();
    const last = model.run(CALL);
    opening.resolve();
    await vi.waitFor(() => expect(model.slots).toBe(2));
    await runMany(model, 5);
    expect(inline.isDisposed, "a run is under way there").toBe(false);
    inline.gate.resolve();
    await last;
    await vi.waitFor(() => expect(inline.isDisposed).toBe(true));
    expect(workers.runs).toBe(5);
  });

  test("a disposal ends the move and leaves nothing behind", async () => {
    const model = startInline();
    inline.runMs = LONG_MS;
    opening = deferred();
    await runMany(model, 30);
    await model[Symbol.asyncDispose]();
    expect(inline.isDisposed).toBe(true);
    expect(logger.messages("warn")).toEqual([]);
  });

  test("a disposal at the moment of arrival leaves both places", async () => {
    const model = startInline();
    inline.runMs = LONG_MS;
    await runMany(model, 30);
    await model[Symbol.asyncDispose]();
    expect([inline.isDisposed, workers.isDisposed]).toEqual([true, true]);
  });

  test("what fails has it stay, and is told", async () => {
    const model = startInline();
    inline.runMs = LONG_MS;
    opening = deferred();
    opening.reject(new PlinthError("EXECUTOR_DIED", "no threads"));
    await runMany(model, 30);
    await vi.waitFor(() => expect(logger.messages("warn")).toHaveLength(1));
    expect(inline.isDisposed).toBe(false);
    expect(model.slots).toBe(Number.POSITIVE_INFINITY);
  });

  test("a place that cannot be freed cleanly is told of, and it goes on in the new one", async () => {
    const model = startInline();
    inline[Symbol.asyncDispose] = async () => {
      throw new Error("stuck");
    };
    inline.runMs = LONG_MS;
    await runMany(model, 30);
    await vi.waitFor(() => expect(logger.messages("error")).toHaveLength(1));
    expect(model.slots).toBe(2);
  });
});

test("a run that throws instead of rejecting does not keep its place from being left", async () => {
  const model = startInline();
  const run = vi.spyOn(inline, "run").mockImplementation(() => {
    throw new Error("at once");
  });
  await expect(model.run(CALL)).rejects.toThrow("at once");
  run.mockRestore();
  inline.runMs = LONG_MS;
  await runMany(model, 30);
  await vi.waitFor(() => expect(inline.isDisposed).toBe(true));
});

test("it does not go to and fro: pauses between moves double", async () => {
  const model = startInline();
  const moves: number[] = [];
  let last = "";
  for (let elapsedMs = 0; elapsedMs < 100_000; elapsedMs += 2_000) {
    nowMs = 1_000_000 + elapsedMs;
    [inline, workers] = [
      inline.isDisposed ? new FakePlace(Number.POSITIVE_INFINITY) : inline,
      workers.isDisposed ? new FakePlace(2) : workers,
    ];
    inline.runMs = LONG_MS;
    workers.meanRunMs = 0.001;
    await runMany(model, 300);
    await new Promise((resolve) => setImmediate(resolve));
    if (openings.at(-1) !== last) moves.push(elapsedMs);
    last = openings.at(-1) ?? "";
  }
  expect(moves).toHaveLength(4);
  const pauses = moves.slice(1).map((atMs, index) => atMs - (moves[index] ?? 0));
  for (const [index, pauseMs] of pauses.entries()) expect(Math.abs(pauseMs - 10_000 * 2 ** index)).toBeLessThan(2_500);
});

const CALL: RunCall = { signature: DEFAULT_SIGNATURE, inputs: new Map(), outputs: ["y"] };

async function runMany(model: AutoModel, count: number): Promise<void> {
  for (let run = 0; run < count; run++) await model.run(CALL);
}

function startInline(): AutoModel {
  return new AutoModel({ kind: "inline", model: inline }, options(true));
}

function startInWorkers(mayBeInline = true): AutoModel {
  return new AutoModel({ kind: "workers", model: workers }, options(mayBeInline));
}

function options(mayBeInline: boolean) {
  return {
    name: "Model m version 1",
    openInline: (signal: AbortSignal): Promise<ExecutedModel> => open("inline", () => inline, signal),
    openWorkers: (signal: AbortSignal): Promise<WorkerModel> => open("workers", () => workers, signal),
    mayBeInline,
    reserveCopy: (): Disposable => {
      copies++;
      return {
        [Symbol.dispose]: () => {
          copies--;
        },
      };
    },
    logger,
  };
}

async function open(kind: string, place: () => FakePlace, signal: AbortSignal): Promise<FakePlace> {
  openings.push(kind);
  const aborted = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await Promise.race([opening?.promise, aborted]);
  return place();
}
