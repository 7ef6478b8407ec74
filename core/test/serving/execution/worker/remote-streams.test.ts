import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_SIGNATURE, type NamedTensors, PlinthError } from "../../../../src/index.js";
import { InstancePool } from "../../../../src/serving/execution/worker/instance-pool.js";
import { ModelInstance } from "../../../../src/serving/execution/worker/model-instance.js";
import type { OpenWorker } from "../../../../src/serving/execution/worker/worker-channel.js";
import { WorkerHost } from "../../../../src/serving/execution/worker/worker-host.js";
import { ECHO_SIGNATURE, FakeBackend } from "../../../fakes/fake-backend.js";
import { type FakeStream, FakeStreams } from "../../../fakes/fake-stream.js";
import { RecordingLogger } from "../../../fakes/recording-logger.js";

let backend: FakeBackend;
let streams: FakeStreams;
let pool: InstancePool;
/** Ends the worker that was opened last. */
let kill: () => void;

/** A worker in this thread, to and from which messages are cloned. */
const open: OpenWorker = (listener) => {
  let receive: (message: never) => void = () => {};
  const channel = {
    send: (message: object) => {
      const clone = structuredClone(message);
      setImmediate(() => receive(clone as never));
    },
    kill: () => setImmediate(() => listener.ended("it was ended by SIGKILL")),
  };
  kill = channel.kill;
  const server = {
    send: (message: object) => {
      const clone = structuredClone(message);
      setImmediate(() => listener.received(clone as never));
    },
    listen: (listening: (message: never) => void) => {
      receive = listening;
    },
    close: () => setImmediate(() => listener.ended("it ended with code 0")),
  };
  new WorkerHost(server, async () => backend).listen();
  return channel;
};

beforeEach(async () => {
  backend = new FakeBackend();
  streams = new FakeStreams();
  backend.signature = { ...ECHO_SIGNATURE, streams: "only" };
  backend.stream = streams.begin;
  backend.maxStreams = 3;
  const files = { directory: "/", files: [], [Symbol.asyncDispose]: async () => {} };
  const options = { open, bootData: "recipe", model: "m", version: 1n, files, logger: new RecordingLogger() };
  const start = (signal: AbortSignal) => ModelInstance.start(options, signal);
  const counts = { executorStarted: () => {}, executorDied: () => {} };
  pool = new InstancePool(await start(new AbortController().signal), { start, died: () => {}, counts });
});

afterEach(() => pool[Symbol.asyncDispose]());

const X = new Map([["x", { dtype: "float32", shape: [1], data: Float32Array.of(1) } as const]]);

function ask(signal?: AbortSignal): AsyncIterator<NamedTensors> {
  const call = { signature: DEFAULT_SIGNATURE, inputs: X, outputs: ["y"], signal };
  return pool.stream(call)[Symbol.asyncIterator]();
}

async function begun(signal?: AbortSignal): Promise<{ readonly steps: ReturnType<typeof ask>; model: FakeStream }> {
  const steps = ask(signal);
  const [model, first] = [streams.next(), steps.next()];
  (await model).say(1);
  expect(valueIn(await first)).toBe(1);
  return { steps, model: await model };
}

function valueIn({ value }: IteratorResult<NamedTensors>): unknown {
  return value?.get("y")?.data[0];
}

describe("a stream of a model in a worker", () => {
  test("gives its steps, each when it is asked for", async () => {
    const { steps, model } = await begun();
    expect(model.call.inputs).toEqual(X);
    expect(model.asked).toBe(1);
    model.say(2);
    expect(valueIn(await steps.next())).toBe(2);
    model.end();
    expect((await steps.next()).done).toBe(true);
    expect((await steps.next()).done).toBe(true);
  });

  test("tells in the middle why it fails", async () => {
    const { steps, model } = await begun();
    model.fail(new PlinthError("TENSOR_INVALID", "no such word", { details: { at: 3 } }));
    await expect(steps.next()).rejects.toMatchObject({ reason: "TENSOR_INVALID", details: { at: 3 } });
    expect((await steps.next()).done).toBe(true);
  });

  test("is stopped there when it is left here, and settles once it has ended there", async () => {
    const { steps, model } = await begun();
    model.endsWhenStopped = false;
    const pending = steps.next();
    await expect.poll(() => model.asked).toBe(2);
    let hasEnded = false;
    const ending = steps.return?.().then(() => {
      hasEnded = true;
    });
    await expect.poll(() => model.isStopped).toBe(true);
    expect(hasEnded).toBe(false);
    model.end();
    await ending;
    await pending;
  });

  test("is stopped there when its signal aborts", async () => {
    const client = new AbortController();
    const { steps, model } = await begun(client.signal);
    const pending = steps.next();
    client.abort();
    await expect.poll(() => model.isStopped).toBe(true);
    expect((await pending).done).toBe(true);
  });

  test("is lost with its worker", async () => {
    const { steps } = await begun();
    const pending = steps.next();
    kill();
    await expect(pending).rejects.toMatchObject({ reason: "EXECUTOR_DIED" });
    expect(() => ask()).toThrow(expect.objectContaining({ reason: "EXECUTOR_DIED" }));
  });

  test("goes to the instance that has the fewest, of as many as the model answers at once", async () => {
    await pool.grow(undefined, new AbortController().signal);
    expect(pool.streamSlots).toBe(6);
    const all = [await begun(), await begun(), await begun()];
    expect(new Set(streams.begun.map(({ call }) => call.signal)).size).toBe(3);
    for (const { steps } of all) await steps.return?.();
    expect(streams.begun.every(({ isStopped }) => isStopped)).toBe(true);
  });
});
