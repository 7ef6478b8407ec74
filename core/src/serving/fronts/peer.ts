import { PlinthError } from "../../model/errors.js";
import { type PackedError, packError, unpackError } from "../execution/worker/packed-error.js";

/** What passes between two processes that have duties to each other. */
export type PeerMessage =
  | { readonly type: "call"; readonly id: number; readonly duty: string; readonly argument: unknown }
  /** A call whose answer nobody waits for. */
  | { readonly type: "tell"; readonly duty: string; readonly argument: unknown }
  | { readonly type: "answer"; readonly id: number; readonly value: unknown }
  | { readonly type: "refusal"; readonly id: number; readonly error: PackedError };

/** Calls with one argument that can be cloned, and an answer that can be. */
export type Duties<Names> = { readonly [Name in keyof Names]: (argument: never) => Promise<unknown> };

type Argument<Duty> = Duty extends (argument: infer Given) => Promise<unknown> ? Given : never;
type Answer<Duty> = Duty extends (argument: never) => Promise<infer Value> ? Value : never;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: PlinthError): void;
}

/**
 * The other process, whose duties are called as if it were here.
 *
 * @typeParam Theirs what it does for us
 */
export class Peer<Theirs extends Duties<Theirs>> {
  readonly #send: (message: PeerMessage) => void;
  readonly #own: Readonly<Record<string, unknown>>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #end: PlinthError | undefined;

  /** @param own what we do for it: an object that has a method for each duty */
  constructor(send: (message: PeerMessage) => void, own: object) {
    this.#send = send;
    this.#own = own as Readonly<Record<string, unknown>>;
  }

  /** @throws PlinthError what it throws there; the error of {@link end} where the other process goes before it answers */
  call<Name extends keyof Theirs & string>(
    duty: Name,
    argument: Argument<Theirs[Name]>,
  ): Promise<Answer<Theirs[Name]>> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      this.#send({ type: "call", id, duty, argument });
    });
  }

  /** A call whose outcome does not matter here. */
  tell<Name extends keyof Theirs & string>(duty: Name, argument: Argument<Theirs[Name]>): void {
    if (this.#end === undefined) this.#send({ type: "tell", duty, argument });
  }

  /** Takes a message of the other process. */
  receive(message: PeerMessage): void {
    switch (message.type) {
      case "call":
        void this.#answer(message);
        return;
      case "tell":
        this.#do(message.duty, message.argument).catch(() => {});
        return;
      case "answer":
        this.#take(message.id)?.resolve(message.value);
        return;
      case "refusal":
        this.#take(message.id)?.reject(unpackError(message.error));
        return;
    }
  }

  /** The other process has gone: whoever waits for it, and whoever calls it from now on, gets `error`. */
  end(error: PlinthError): void {
    this.#end = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async #answer({ id, duty, argument }: Extract<PeerMessage, { readonly type: "call" }>): Promise<void> {
    try {
      this.#reply({ type: "answer", id, value: await this.#do(duty, argument) });
    } catch (thrown) {
      this.#reply({ type: "refusal", id, error: packError(thrown) });
    }
  }

  #reply(message: PeerMessage): void {
    if (this.#end === undefined) this.#send(message);
  }

  /** Begins at once, so that what comes later finds it done as far as it does not wait. */
  async #do(duty: string, argument: unknown): Promise<unknown> {
    const method = this.#own[duty];
    if (typeof method === "function") return method.call(this.#own, argument);
    throw new PlinthError("INTERNAL", `Expected a duty of this process, got ${JSON.stringify(duty)}`);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
