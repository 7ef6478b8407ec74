import type { NamedTensors, RunCall } from "../../src/index.js";

type Step = IteratorResult<NamedTensors, undefined>;

interface Asked {
  resolve(step: Step): void;
  reject(error: unknown): void;
}

/** The model's side of a stream, of which a test says each step. */
export class FakeStream implements AsyncIterableIterator<NamedTensors, undefined> {
  readonly call: RunCall;
  /** Steps that it was asked for. */
  asked = 0;
  /** Whether nobody wants any more of it. */
  isStopped = false;
  /** Whether a step that is under way ends as soon as it is stopped. */
  endsWhenStopped = true;
  readonly #waiting: Asked[] = [];
  readonly #said: ((asked: Asked) => void)[] = [];

  constructor(call: RunCall) {
    this.call = call;
    call.signal?.addEventListener("abort", () => this.#stop(), { once: true });
  }

  /** Gives a value as `y`. */
  say(value: number): void {
    const y = { dtype: "float32", shape: [1], data: Float32Array.of(value) } as const;
    this.#answer(({ resolve }) => resolve({ done: false, value: new Map([["y", y]]) }));
  }

  fail(error: unknown): void {
    this.#answer(({ reject }) => reject(error));
  }

  end(): void {
    this.#answer(({ resolve }) => resolve({ done: true, value: undefined }));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step> {
    this.asked++;
    return new Promise((resolve, reject) => {
      const say = this.#said.shift();
      if (say === undefined) this.#waiting.push({ resolve, reject });
      else say({ resolve, reject });
    });
  }

  /** Settles once no step is under way. */
  async return(): Promise<Step> {
    this.#stop();
    await new Promise<void>((resolve) => {
      if (this.#waiting.length === 0) resolve();
      else this.#idle = resolve;
    });
    return { done: true, value: undefined };
  }

  #idle: () => void = () => {};

  #stop(): void {
    this.isStopped = true;
    if (this.endsWhenStopped && this.#waiting.length > 0) this.end();
  }

  #answer(say: (asked: Asked) => void): void {
    const asked = this.#waiting.shift();
    if (asked === undefined) this.#said.push(say);
    else {
      say(asked);
      this.#idle();
    }
  }
}

/** Every stream that was begun, in turn. */
export class FakeStreams {
  readonly begun: FakeStream[] = [];
  readonly #announced: ((stream: FakeStream) => void)[] = [];

  readonly begin = (call: RunCall): FakeStream => {
    const stream = new FakeStream(call);
    this.begun.push(stream);
    this.#announced.shift()?.(stream);
    return stream;
  };

  /** The next one that is begun. */
  next(): Promise<FakeStream> {
    return new Promise((resolve) => this.#announced.push(resolve));
  }
}
