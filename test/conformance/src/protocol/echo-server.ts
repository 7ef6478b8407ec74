import {
  DEFAULT_SIGNATURE,
  type InferCall,
  type InferResult,
  type ModelServer,
  type ModelStatus,
  type ModelTarget,
  PlinthError,
  PREDICT_METHOD,
  type Readiness,
  type ServableHandle,
  type Signature,
  type StreamCall,
  type StreamedResult,
  type Tensor,
} from "@plinth/core";

const SIGNATURE: Signature = {
  inputs: new Map([["x", { dtype: "float32", shape: [-1] }]]),
  outputs: new Map([["y", { dtype: "float32", shape: [-1] }]]),
  method: PREDICT_METHOD,
  shapes: "binding",
};

/** A server of one model, `echo`, that answers `x` as `y`, and that a case can hold up. */
export class EchoServer implements ModelServer {
  /** Requests that have reached the model. */
  begun = 0;
  /** Handles that were given out and not yet disposed. */
  held = 0;
  #gate: Promise<void> = Promise.resolve();
  /** What was acquired last. */
  lastTarget: ModelTarget | undefined;
  /** What the model was called with last. */
  lastCall: InferCall | undefined;
  /** Whether inference is refused as by a model whose queue is full. */
  isOverloaded = false;
  /** Errors that the protocol has told of, in that order, those of the server itself included. */
  readonly refusals: PlinthError[] = [];
  #open: () => void = () => {};
  #announce: () => void = () => {};

  /** Holds up every request from now on until {@link letGo}. */
  holdUp(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  letGo(): void {
    this.#open();
  }

  /** Settles when the next request has reached the model. */
  nextRequest(): Promise<void> {
    return new Promise((resolve) => {
      this.#announce = resolve;
    });
  }

  async acquire(target: ModelTarget): Promise<ServableHandle> {
    const { model } = target;
    this.lastTarget = target;
    if (model !== "echo") throw new PlinthError("MODEL_NOT_FOUND", `Servable not found for request: Latest(${model})`);
    this.held++;
    return {
      model,
      version: 1n,
      backend: "echo",
      signatures: new Map([[DEFAULT_SIGNATURE, SIGNATURE]]),
      signature: () => SIGNATURE,
      admit: () => this.#admit(),
      infer: (call) => this.#infer(call),
      stream: (call) => this.#stream(call),
      [Symbol.dispose]: () => {
        this.held--;
      },
    };
  }

  refused(_target: ModelTarget, error: PlinthError): void {
    this.refusals.push(error);
  }

  overload(): PlinthError | undefined {
    return this.isOverloaded ? overloaded() : undefined;
  }

  async infer(request: ModelTarget & InferCall): Promise<InferResult> {
    const handle = await this.acquire(request);
    try {
      return await handle.infer(request);
    } finally {
      handle[Symbol.dispose]();
    }
  }

  async *stream(request: ModelTarget & StreamCall): AsyncGenerator<StreamedResult, void, undefined> {
    yield await this.infer(request);
  }

  models(): readonly ModelStatus[] {
    return [{ model: "echo", versions: [{ version: 1n, state: "available", sinceMs: 0 }], labels: new Map() }];
  }

  status(model: string): ModelStatus | undefined {
    return this.models().find((status) => status.model === model);
  }

  readiness(): Readiness {
    return { ready: true, reasons: [] };
  }

  watch(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  #admit(): void {
    if (this.isOverloaded) throw overloaded();
  }

  async *#stream(call: StreamCall): AsyncGenerator<StreamedResult, void, undefined> {
    yield await this.#infer(call);
  }

  async #infer(call: InferCall): Promise<InferResult> {
    this.#admit();
    this.lastCall = call;
    this.begun++;
    this.#announce();
    await this.#gate;
    const x = call.inputs.get("x");
    return {
      outputs: new Map<string, Tensor>(x === undefined ? [] : [["y", x]]),
      model: "echo",
      version: 1n,
      signature: DEFAULT_SIGNATURE,
      timings: { queueMs: 0, computeMs: 0 },
    };
  }
}

function overloaded(): PlinthError {
  return new PlinthError("QUEUE_FULL", "The model is overloaded", { details: { retryAfterMs: 1_500 } });
}
