import {
  type InferCall,
  type ModelServer,
  type ModelTarget,
  PlinthError,
  type RequestOrigin,
  type ServableHandle,
} from "@plinth/core";
import type { Caller } from "./caller.js";

/** Which model is asked for, as a dialect's request says it. */
type Asked = Pick<ModelTarget, "model" | "version" | "label">;

/** What an inference is, beside its inputs and outputs. */
export type CallOptions = Pick<InferCall, "deadlineMs" | "signal" | "origin">;

/** The parts of answering one inference that differ between dialects and methods. */
export interface InferenceSteps<Request extends Asked> {
  /** For monitors, as `predict`. */
  readonly method: string;
  /** Reads what is asked, and of what is sent only so much that an overloaded model's refusal costs little. */
  readonly read: () => Request;
  /** Reads the rest, has the version run, and gives back the answer as bytes. */
  readonly answer: (handle: ServableHandle, asked: Request, options: CallOptions) => Promise<Uint8Array>;
}

/** The same, of an inference that is answered with messages. */
export interface StreamSteps<Request extends Asked> extends Omit<InferenceSteps<Request>, "answer"> {
  readonly answer: (
    handle: ServableHandle,
    asked: Request,
    options: CallOptions,
  ) => AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * Has the version that is asked for answer, unless it has too much to do already. Statistics and monitors hear of it, however it ends.
 *
 * @throws PlinthError what any of the steps throws, and as `ModelServer.acquire` and `ServableHandle.admit`
 */
export async function answerInference<Request extends Asked>(
  server: ModelServer,
  caller: Caller,
  { method, read, answer }: InferenceSteps<Request>,
): Promise<Uint8Array> {
  const asking = new Asking(server, caller, method);
  try {
    const asked = read();
    using handle = await asking.acquire(asked);
    return await answer(handle, asked, asking.options);
  } catch (thrown) {
    throw asking.refused(thrown);
  }
}

/** As {@link answerInference}, with messages; the version is held until the last is taken. */
export async function* answerWithMessages<Request extends Asked>(
  server: ModelServer,
  caller: Caller,
  { method, read, answer }: StreamSteps<Request>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const asking = new Asking(server, caller, method);
  try {
    const asked = read();
    using handle = await asking.acquire(asked);
    yield* answer(handle, asked, asking.options);
  } catch (thrown) {
    throw asking.refused(thrown);
  }
}

/** One inference on its way to a version. */
class Asking {
  readonly #server: ModelServer;
  readonly #caller: Caller;
  readonly #origin: RequestOrigin;
  #reached: ModelTarget;

  constructor(server: ModelServer, caller: Caller, method: string) {
    this.#server = server;
    this.#caller = caller;
    this.#origin = caller.origin(method);
    this.#reached = { model: "", origin: this.#origin };
  }

  get options(): CallOptions {
    const { deadlineMs, signal } = this.#caller;
    return { deadlineMs, signal, origin: this.#origin };
  }

  /** @throws PlinthError as `ModelServer.acquire` and `ServableHandle.admit` */
  async acquire({ model, version, label }: Asked): Promise<ServableHandle> {
    const { header, deadlineMs, signal } = this.#caller;
    const origin = this.#origin;
    const target: ModelTarget = { model, version, label, header, deadlineMs, signal, origin };
    this.#reached = target;
    const overload = this.#server.overload(target);
    if (overload !== undefined) throw overload;
    const handle = await this.#server.acquire(target);
    this.#reached = { model: handle.model, version: handle.version, origin };
    try {
      handle.admit();
      return handle;
    } catch (thrown) {
      handle[Symbol.dispose]();
      throw thrown;
    }
  }

  /** Tells of what was thrown. */
  refused(thrown: unknown): PlinthError {
    const error = PlinthError.from(thrown);
    this.#server.refused(this.#reached, error);
    return error;
  }
}
