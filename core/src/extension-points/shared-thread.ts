import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { PlinthError } from "../model/errors.js";

/** Does what the program's `begin` says with all that comes at one port, and answers each with what came of it. */
const ANSWERING = `
require("node:worker_threads").parentPort.on("message", (port) => {
  const work = begin();
  port.on("message", (message) => {
    try {
      port.postMessage({ value: work(message) });
    } catch ({ code, message }) {
      port.postMessage({ failure: { code, message } });
    }
  });
});
`;

/** How long the thread waits for more to do, in milliseconds: starting one takes some tens of them. */
const IDLE_MS = 5_000;

/** Heap of the thread, in MiB; what it works on lies outside of that. */
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 };

/** What came of one call. */
type Answer<Result> =
  | { readonly value: Result }
  | { readonly failure: { readonly code?: string; readonly message: string } };

/**
 * One thread of this process for work that would keep the event loop for long, whoever has it to do. It is there while anybody uses it and
 * a few seconds longer, and keeps no process from ending.
 */
export class SharedThread<Message, Result> {
  readonly #name: string;
  readonly #program: string;
  #worker: Worker | undefined;
  #users = 0;
  #ending: NodeJS.Timeout | undefined;

  /**
   * @param program JavaScript that may `require` what Node has, with a function `begin` that gives one user a function for the user's
   * messages. Bytes in shared memory are not copied.
   */
  constructor(name: string, program: string) {
    this.#name = name;
    this.#program = program;
  }

  /** To be disposed. */
  use(): ThreadUse<Message, Result> {
    clearTimeout(this.#ending);
    this.#worker ??= this.#start();
    this.#users++;
    const { port1, port2 } = new MessageChannel();
    this.#worker.postMessage(port2, [port2]);
    return new ThreadUse(port1, () => this.#leave());
  }

  #start(): Worker {
    const options = { eval: true, execArgv: [], env: {}, resourceLimits: LIMITS, name: this.#name };
    const worker = new Worker(this.#program + ANSWERING, options);
    // Whoever waits for an answer is told by the port, which closes with the thread.
    worker.on("error", () => {});
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    worker.unref();
    return worker;
  }

  #leave(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#ending = setTimeout(() => {
      void this.#worker?.terminate();
      this.#worker = undefined;
    }, IDLE_MS).unref();
  }
}

/** One user of a thread. */
export class ThreadUse<Message, Result> implements Disposable {
  readonly #port: MessagePort;
  readonly #leave: () => void;
  #settle: { resolve(value: Result): void; reject(reason: Error): void } | undefined;

  constructor(port: MessagePort, leave: () => void) {
    this.#port = port;
    this.#leave = leave;
    port.on("message", (answer: Answer<Result>) => {
      if ("value" in answer) this.#settle?.resolve(answer.value);
      else this.#settle?.reject(Object.assign(new Error(answer.failure.message), { code: answer.failure.code }));
    });
    port.on("close", () =>
      this.#settle?.reject(new PlinthError("INTERNAL", "A thread has ended before its work was done")),
    );
  }

  /** One call at a time. @throws an error with the `code` and message of what went wrong */
  call(message: Message): Promise<Result> {
    const answer = new Promise<Result>((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#port.postMessage(message);
    });
    // May fail before anybody waits for it.
    answer.catch(() => {});
    return answer;
  }

  /** A call that is under way is not answered any more. */
  [Symbol.dispose](): void {
    this.#settle = undefined;
    this.#port.close();
    this.#leave();
  }
}
