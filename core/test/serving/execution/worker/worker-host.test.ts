import { beforeEach, describe, expect, test, vi } from "vitest";
import { type Backend, DEFAULT_SIGNATURE, PlinthError } from "../../../../src/index.js";
import { packTensors, unpackTensors } from "../../../../src/serving/execution/worker/packed-tensors.js";
import { WorkerHost } from "../../../../src/serving/execution/worker/worker-host.js";
import type { FromWorker, ToWorker } from "../../../../src/serving/execution/worker/worker-messages.js";
import { deferred } from "../../../fakes/deferred.js";
import { FakeBackend } from "../../../fakes/fake-backend.js";

const LOAD: ToWorker = { type: "load", model: "m", version: 1n, directory: "/nowhere", files: [] };

let backend: FakeBackend;
let sent: FromWorker[];
let isClosed: boolean;
let receive: (message: ToWorker) => void;

beforeEach(() => {
  backend = new FakeBackend();
  [sent, isClosed] = [[], false];
  host(async () => backend);
});

describe("a load", () => {
  test("makes the backend of what the boot holds, and tells what the model is", async () => {
    const makeBackend = vi.fn(async () => backend);
    host(makeBackend);
    receive({ type: "boot", data: { use: "fake" } });
    receive(LOAD);
    expect(await answer()).toMatchObject({ type: "loaded", report: { refusals: [] } });
    expect(makeBackend).toHaveBeenCalledExactlyOnceWith({ use: "fake" });
    expect(backend.loads).toEqual(["m/1"]);
  });

  test.each<[string, () => Promise<Backend>, object]>([
    [
      "no backend",
      () => Promise.reject(new PlinthError("PLUGIN_FAILED", "no such module")),
      { reason: "PLUGIN_FAILED" },
    ],
    [
      "a backend that throws",
      async () => failingBackend(new Error("torn")),
      { reason: "PLUGIN_FAILED", message: "Backend fake failed: torn" },
    ],
    [
      "a file that is torn",
      async () => failingBackend(new PlinthError("MODEL_FILE_INVALID", "torn")),
      { reason: "MODEL_FILE_INVALID" },
    ],
  ])("with %s fails, and says why", async (_, makeBackend, error) => {
    host(makeBackend);
    receive({ type: "boot", data: {} });
    receive(LOAD);
    expect(await answer()).toMatchObject({ type: "failed", error });
  });

  test("of nothing fails", async () => {
    receive(LOAD);
    expect(await answer()).toMatchObject({ type: "failed", error: { reason: "INTERNAL" } });
  });
});

describe("a run", () => {
  test("is answered with its number", async () => {
    await load();
    receive(run(7, 3));
    const ran = await answer();
    expect(ran).toMatchObject({ type: "ran", id: 7 });
    expect(ran.type === "ran" && unpackTensors(ran.tensors).get("y")?.data).toEqual(new Float32Array([3]));
  });

  test("that fails is told so, and the next one runs", async () => {
    await load();
    backend.onRun = async () => Promise.reject(new Error("at odds"));
    receive(run(1, 1));
    expect(await answer()).toMatchObject({
      type: "run-failed",
      id: 1,
      error: { reason: "MODEL_RUN_FAILED", message: "at odds" },
    });
    backend.onRun = async () => {};
    receive(run(2, 2));
    expect(await answer()).toMatchObject({ type: "ran", id: 2 });
  });

  test("before there is a model fails", async () => {
    receive(run(1, 1));
    expect(await answer()).toMatchObject({ type: "run-failed", id: 1, error: { reason: "INTERNAL" } });
  });

  test("that was sent ahead is not counted for the time in which it waited", async () => {
    let nowMs = 0;
    vi.spyOn(performance, "now").mockImplementation(() => nowMs);
    await load();
    const gates = [deferred(), deferred()];
    let begun = 0;
    backend.onRun = async () => gates[begun++]?.promise;
    receive(run(1, 1));
    receive(run(2, 2));
    nowMs = 10;
    gates[0]?.resolve();
    expect(await answer()).toMatchObject({ id: 1, computeMs: 10 });
    nowMs = 14;
    gates[1]?.resolve();
    expect(await answer()).toMatchObject({ id: 2, computeMs: 4 });
    vi.restoreAllMocks();
  });
});

describe("a disposal", () => {
  test("frees the model, then lets go of the server", async () => {
    await load();
    receive({ type: "dispose" });
    await vi.waitFor(() => expect(isClosed).toBe(true));
    expect(backend.live).toEqual(new Set());
  });

  test("that fails is logged, and lets go all the same", async () => {
    vi.spyOn(backend.live, "delete").mockImplementation(() => {
      throw new Error("stuck");
    });
    await load();
    receive({ type: "dispose" });
    await vi.waitFor(() => expect(isClosed).toBe(true));
    expect(sent).toMatchObject([{ type: "log", level: "error", errors: { error: { message: "stuck" } } }]);
  });

  test("of nothing lets go", async () => {
    receive({ type: "dispose" });
    await vi.waitFor(() => expect(isClosed).toBe(true));
  });
});

function host(makeBackend: (data: unknown) => Promise<Backend>): void {
  const server = {
    send: (message: FromWorker) => void sent.push(message),
    listen: (listener: (message: ToWorker) => void) => {
      receive = listener;
    },
    close: () => {
      isClosed = true;
    },
  };
  new WorkerHost(server, makeBackend).listen();
}

async function load(): Promise<void> {
  receive({ type: "boot", data: {} });
  receive(LOAD);
  expect(await answer()).toMatchObject({ type: "loaded" });
}

/** The next message that is sent. */
function answer(): Promise<FromWorker> {
  return vi.waitFor(() => sent.shift() ?? expect.fail("nothing was sent"));
}

function run(id: number, x: number): ToWorker {
  const tensors = packTensors(new Map([["x", { dtype: "float32", shape: [1], data: new Float32Array([x]) }]]));
  return { type: "run", id, signature: DEFAULT_SIGNATURE, outputs: ["y"], tensors };
}

function failingBackend(error: Error): Backend {
  backend.onLoad = () => Promise.reject(error);
  return backend;
}
