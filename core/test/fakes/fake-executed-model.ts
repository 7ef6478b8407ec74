import {
  DEFAULT_SIGNATURE,
  type NamedTensors,
  PREDICT_METHOD,
  type RunCall,
  type Signature,
  type Tensor,
} from "../../src/index.js";
import type { ExecutedModel, Outage } from "../../src/serving/execution/executed-model.js";
import type { RunOutcome, RunQueue, RunRequest } from "../../src/serving/execution/run-queue.js";

/** One float32 input `x` and one output `y` of any number of rows of any shape. */
export const ROWS_SIGNATURE: Signature = {
  inputs: new Map([["x", { dtype: "float32", shape: [-1] }]]),
  outputs: new Map([["y", { dtype: "float32", shape: [-1] }]]),
  method: PREDICT_METHOD,
  shapes: "advisory",
};

/** A run that a test lets end. */
export interface HeldRun {
  readonly call: RunCall;
  finish(): void;
  fail(error: unknown): void;
}

/** A model whose slots, runs and answers a test decides on. As it comes, it answers `0.5 x + 2` as `y`. */
export class FakeExecutedModel implements ExecutedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly calls: RunCall[] = [];
  /** Runs under way, where {@link holds} is set. */
  readonly held: HeldRun[] = [];
  holds = false;
  answer: (call: RunCall) => NamedTensors = halfPlusTwo;
  streamSlots = 1;
  /** What a stream gives. */
  steps: (call: RunCall) => AsyncIterable<NamedTensors> = async function* () {};
  #slots: number;
  #outage: Outage | undefined;
  readonly #listeners: (() => void)[] = [];

  constructor(
    slots: number,
    signatures: ReadonlyMap<string, Signature> = new Map([[DEFAULT_SIGNATURE, ROWS_SIGNATURE]]),
  ) {
    this.#slots = slots;
    this.signatures = signatures;
  }

  get slots(): number {
    return this.#slots;
  }

  set slots(slots: number) {
    this.#slots = slots;
    this.#outage = undefined;
    this.#changed();
  }

  get outage(): Outage | undefined {
    return this.#outage;
  }

  /** All instances are down. */
  fail(outage: Outage): void {
    this.#slots = 0;
    this.#outage = outage;
    this.#changed();
  }

  onChange(changed: () => void): void {
    this.#listeners.push(changed);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  stream(call: RunCall): AsyncIterable<NamedTensors> {
    this.calls.push(call);
    return this.steps(call);
  }

  async run(call: RunCall): Promise<NamedTensors> {
    this.calls.push(call);
    if (this.holds) {
      await new Promise<void>((resolve, reject) => {
        const leave = () => this.held.splice(this.held.indexOf(held), 1);
        const held: HeldRun = {
          call,
          finish: () => {
            leave();
            resolve();
          },
          fail: (error) => {
            leave();
            reject(error);
          },
        };
        this.held.push(held);
      });
    }
    return this.answer(call);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

export function halfPlusTwo({ inputs, outputs }: RunCall): NamedTensors {
  const [x] = inputs.values();
  if (x === undefined) return new Map();
  const y = { ...x, data: (x.data as Float32Array).map((value) => value / 2 + 2) } as Tensor;
  return new Map(outputs.map((name) => [name, y]));
}

export function floats(shape: readonly number[], values: Iterable<number>): Tensor<"float32"> {
  return { dtype: "float32", shape, data: Float32Array.from(values) };
}

/** A request for `y` of a column of these values. */
export function column(values: readonly number[], rest: Partial<RunRequest> = {}): RunRequest {
  return {
    signature: DEFAULT_SIGNATURE,
    inputs: new Map<string, Tensor>([["x", floats([values.length], values)]]),
    outputs: ["y"],
    ...rest,
  };
}

/** The numbers of one of the tensors. */
export function numbers(tensors: NamedTensors, name = "y"): number[] {
  return Array.from((tensors.get(name)?.data ?? []) as Float32Array);
}

/** As a servable asks: by itself where nothing has to wait, else through the queue. */
export async function ask(queue: RunQueue, model: ExecutedModel, request: RunRequest): Promise<RunOutcome> {
  const startedAtMs = performance.now();
  if (!queue.startAtOnce(request, startedAtMs)) return queue.run(request);
  let ranMs: number | undefined;
  try {
    const outputs = await model.run(request);
    const finishedAtMs = performance.now();
    ranMs = finishedAtMs - startedAtMs;
    return { outputs, startedAtMs, finishedAtMs, isBatched: false };
  } finally {
    queue.ended(ranMs);
  }
}
