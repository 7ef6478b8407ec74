import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { threadId } from "node:worker_threads";
import { Backend, DEFAULT_SIGNATURE, definePlugin, Logger, PREDICT_METHOD } from "@plinth/core";
import { z } from "zod";

// A backend of models that behave as their requests tell them to, well or not. A model is a file `behaviour.json`.

const STREAMING = "steps";
const text = { dtype: "string", shape: [-1] };
const numbers = { dtype: "float32", shape: [-1] };

const SIGNATURES = new Map([
  [
    DEFAULT_SIGNATURE,
    {
      inputs: new Map([["command", text]]),
      outputs: new Map([["answer", text]]),
      method: PREDICT_METHOD,
      shapes: "binding",
    },
  ],
  [
    "echo",
    {
      inputs: new Map([["x", numbers]]),
      outputs: new Map([["y", numbers]]),
      method: PREDICT_METHOD,
      shapes: "binding",
    },
  ],
  [
    STREAMING,
    {
      inputs: new Map([["commands", text]]),
      outputs: new Map([["answer", text]]),
      method: PREDICT_METHOD,
      shapes: "binding",
      streams: "only",
    },
  ],
]);

const COMMANDS = {
  echo: (words) => words,
  place: () => `${process.pid} ${threadId}`,
  /** Holds its thread up for this many milliseconds. */
  spend: (ms) => {
    for (const endMs = performance.now() + Number(ms); performance.now() < endMs; );
    return "spent";
  },
  /** Holds its thread up until the file is there. */
  until: (file) => {
    while (!existsSync(file));
    return "done";
  },
  /** Waits until nobody wants the answer any more, and writes the file then. */
  wait: (file, _logger, signal) =>
    new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        writeFileSync(file, "");
        resolve("stopped");
      });
    }),
  /** Holds it up for good, once it has written the file. */
  forever: (file) => {
    writeFileSync(file, "");
    for (;;);
  },
  abort: () => process.abort(),
  exit: () => process.exit(3),
  /** Fails where no caller can catch it. */
  throw: async () => {
    setTimeout(() => {
      throw new Error("thrown out of band");
    });
    await pause(60_000);
  },
  heap: () => {
    const hoard = [];
    for (;;) hoard.push(new Array(1_000).fill(hoard.length));
  },
  print: (words) => {
    process.stdout.write(`${words}\n`);
    return "printed";
  },
  log: (words, logger) => {
    logger.warn(words, { error: new Error("what was logged"), odd: () => {} });
    return "logged";
  },
};

class BehavingModel {
  signatures;
  #logger;

  constructor(logger, streams) {
    this.#logger = logger;
    this.signatures = new Map([...SIGNATURES].filter(([name]) => streams || name !== STREAMING));
  }

  async run({ inputs }) {
    const x = inputs.get("x");
    if (x !== undefined) return new Map([["y", { ...x, data: x.data.slice() }]]);
    const command = inputs.get("command");
    const answers = [];
    for (const each of command.data) {
      const [, name, words] = /^(\w*) ?(.*)$/s.exec(Buffer.from(each).toString()) ?? [];
      answers.push(Buffer.from(String((await COMMANDS[name]?.(words, this.#logger)) ?? "")));
    }
    return new Map([["answer", { dtype: "string", shape: command.shape, data: answers }]]);
  }

  /** Each command in a step of its own. */
  async *stream({ inputs, signal }) {
    for (const each of inputs.get("commands").data) {
      const [, name, words] = /^(\w*) ?(.*)$/s.exec(Buffer.from(each).toString()) ?? [];
      const answer = String((await COMMANDS[name]?.(words, this.#logger, signal)) ?? "");
      yield new Map([["answer", { dtype: "string", shape: [1], data: [new Uint8Array(Buffer.from(answer))] }]]);
    }
  }

  async [Symbol.asyncDispose]() {}
}

export const plugin = definePlugin({
  name: "behaving",
  apiVersion: 1,
  config: z.strictObject({
    // Becomes what cannot be sent to a worker.
    hook: z
      .boolean()
      .default(false)
      .transform((isWanted) => (isWanted ? () => {} : undefined)),
    // A model that streams is at home in workers.
    streams: z.boolean().default(true),
  }),
  register(registry, { streams }) {
    registry.provide(Backend, (services) => ({
      name: "behaving",
      recognizes: (files) => files.some(({ path }) => path === "behaviour.json"),
      load: async () => new BehavingModel(services.get(Logger), streams),
    }));
  },
});
