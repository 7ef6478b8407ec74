import {
  Backend,
  definePlugin,
  type LoadedModel,
  type NamedTensors,
  type Plugin,
  PREDICT_METHOD,
  type RunCall,
  type Signature,
  type Tensor,
} from "@plinth/core";
import { z } from "zod";

/** The file of a version. What is in it does not matter. */
export const MODEL_FILE = "tokens.txt";

const SIGNATURE: Signature = {
  inputs: new Map([["prompt", { dtype: "string", shape: [1] }]]),
  outputs: new Map([
    ["token", { dtype: "string", shape: [1] }],
    ["index", { dtype: "int32", shape: [1] }],
  ]),
  method: PREDICT_METHOD,
  shapes: "binding",
  streams: "only",
};

type Step = IteratorResult<NamedTensors, undefined>;

/** Somebody who waits for a step. */
interface Asked {
  resolve(step: Step): void;
  reject(error: unknown): void;
}

/** One prompt, to which a test gives the tokens. */
export class Conversation implements AsyncIterableIterator<NamedTensors, undefined> {
  readonly prompt: string;
  /** Settles when nobody wants to hear any more. */
  readonly stopped: Promise<void>;
  /** Tokens that were asked for. */
  asked = 0;
  /** Gives this token for ever, as often as it is asked. */
  refrain: string | undefined;
  readonly #waiting: Asked[] = [];
  readonly #said: ((waiting: Asked) => void)[] = [];
  #stop: () => void = () => {};
  #index = 0;

  constructor({ inputs, signal }: RunCall) {
    const prompt = inputs.get("prompt");
    this.prompt = prompt?.dtype === "string" ? Buffer.from(prompt.data[0] ?? []).toString() : "";
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
    signal?.addEventListener("abort", () => this.#end(), { once: true });
  }

  say(token: string): void {
    const value = this.#outputs(token);
    this.#answer(({ resolve }) => resolve({ done: false, value }));
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
    if (this.refrain !== undefined) return Promise.resolve({ done: false, value: this.#outputs(this.refrain) });
    return new Promise((resolve, reject) => {
      const say = this.#said.shift();
      if (say === undefined) this.#waiting.push({ resolve, reject });
      else say({ resolve, reject });
    });
  }

  async return(): Promise<Step> {
    this.#end();
    return { done: true, value: undefined };
  }

  #end(): void {
    this.#stop();
    for (const { resolve } of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
  }

  #answer(say: (waiting: Asked) => void): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#said.push(say);
    else say(waiting);
  }

  #outputs(token: string): NamedTensors {
    return new Map<string, Tensor>([
      ["token", { dtype: "string", shape: [1], data: [new Uint8Array(Buffer.from(token))] }],
      ["index", { dtype: "int32", shape: [1], data: Int32Array.of(this.#index++) }],
    ]);
  }
}

/** Conversations that nobody has taken yet, and tests that wait for one. */
const begun: Conversation[] = [];
const awaited: ((conversation: Conversation) => void)[] = [];

/** The next prompt that reaches a model. */
export function nextConversation(): Promise<Conversation> {
  const first = begun.shift();
  return first === undefined ? new Promise((resolve) => awaited.push(resolve)) : Promise.resolve(first);
}

class TokenModel implements LoadedModel {
  readonly signatures = new Map([["serving_default", SIGNATURE]]);

  async run(): Promise<never> {
    throw new Error("a model that only streams is never run");
  }

  stream(call: RunCall): AsyncIterable<NamedTensors> {
    const conversation = new Conversation(call);
    const next = awaited.shift();
    if (next === undefined) begun.push(conversation);
    else next(conversation);
    return conversation;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

export const plugin: Plugin<object> = definePlugin({
  name: "token",
  apiVersion: 1,
  config: z.strictObject({}),
  register(registry) {
    registry.provide(Backend, () => ({
      name: "token",
      recognizes: (files) => files.some(({ path }) => path === MODEL_FILE),
      load: async () => new TokenModel(),
    }));
  },
});
