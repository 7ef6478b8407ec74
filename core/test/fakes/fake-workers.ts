import { DEFAULT_SIGNATURE } from "../../src/index.js";
import type { WarmUpReport } from "../../src/serving/execution/warm-up.js";
import { packError } from "../../src/serving/execution/worker/packed-error.js";
import { packTensors, unpackTensors } from "../../src/serving/execution/worker/packed-tensors.js";
import type { OpenWorker, WorkerChannel, WorkerListener } from "../../src/serving/execution/worker/worker-channel.js";
import type { ToWorker } from "../../src/serving/execution/worker/worker-messages.js";
import { ECHO_SIGNATURE } from "./fake-backend.js";

export const QUICK_LOAD: WarmUpReport = { runMs: 1, refusals: [] };

/** A worker that does what a test says; of itself it only ends when it is killed. */
export class FakeWorker implements WorkerChannel {
  readonly sent: ToWorker[] = [];
  readonly #listener: WorkerListener;
  /** Whether it ends when it is killed. */
  isMortal = true;
  hasEnded = false;

  constructor(listener: WorkerListener) {
    this.#listener = listener;
  }

  send(message: ToWorker): void {
    this.sent.push(message);
  }

  kill(): void {
    if (this.isMortal) queueMicrotask(() => this.end("it was ended by SIGKILL"));
  }

  end(why: string): void {
    if (!this.hasEnded) this.#listener.ended(why);
    this.hasEnded = true;
  }

  sentTypes(): readonly string[] {
    return this.sent.map(({ type }) => type);
  }

  loaded(report: WarmUpReport = QUICK_LOAD): void {
    const details = new Map([["engine", "echo"]]);
    const signatures = new Map([[DEFAULT_SIGNATURE, ECHO_SIGNATURE]]);
    this.receive({ type: "loaded", signatures, details, maxStreams: 2, report });
  }

  failed(thrown: unknown): void {
    this.receive({ type: "failed", error: packError(thrown) });
  }

  /** Answers the oldest run that has no answer yet with its own input. */
  answer(computeMs = 1): void {
    const run = this.#nextRun();
    const x = unpackTensors(run.tensors).get("x");
    const tensors = packTensors(new Map(x === undefined ? [] : [["y", x]]));
    this.receive({ type: "ran", id: run.id, tensors, computeMs });
  }

  failRun(thrown: unknown): void {
    this.receive({ type: "run-failed", id: this.#nextRun().id, error: packError(thrown) });
  }

  receive(message: Parameters<WorkerListener["received"]>[0]): void {
    this.#listener.received(message);
  }

  #nextRun(): Extract<ToWorker, { readonly type: "run" }> {
    const index = this.sent.findIndex(({ type }) => type === "run");
    const [run] = this.sent.splice(index, 1);
    if (run?.type !== "run") throw new Error("There is no run to be answered");
    return run;
  }
}

/** Every worker that was opened, in turn. */
export class FakeWorkers {
  readonly opened: FakeWorker[] = [];
  /** Done to each as it is opened. */
  onOpen: (worker: FakeWorker) => void = () => {};

  readonly open: OpenWorker = (listener) => {
    const worker = new FakeWorker(listener);
    this.opened.push(worker);
    this.onOpen(worker);
    return worker;
  };

  get newest(): FakeWorker {
    const worker = this.opened.at(-1);
    if (worker === undefined) throw new Error("No worker was opened");
    return worker;
  }
}
