import { type MessagePort, parentPort, Worker } from "node:worker_threads";
import type { OpenWorker, ServerChannel, WorkerListener } from "./worker-channel.js";
import type { FromWorker, ToWorker } from "./worker-messages.js";

/** Opens worker threads that begin with this module. */
export function threadWorkers(entry: URL): OpenWorker {
  return (listener) => openThread(entry, listener);
}

function openThread(entry: URL, { received, ended }: WorkerListener): ReturnType<OpenWorker> {
  const worker = new Worker(entry, { name: "plinth-model", stdout: true });
  // What plugins print must not end up in this process's standard output.
  worker.stdout.on("data", (chunk) => process.stderr.write(chunk));
  let why: string | undefined;
  const refuse = (error: unknown) => {
    why ??= `a message of it could not be read: ${String(error)}`;
    void worker.terminate();
  };
  worker.on("message", (message: FromWorker) => {
    try {
      received(message);
    } catch (error) {
      refuse(error);
    }
  });
  worker.on("messageerror", refuse);
  worker.on("error", (error: Error) => {
    why ??= `it failed: ${error.message}`;
  });
  worker.on("exit", (code) => ended(why ?? `it ended with code ${code}`));
  return {
    send: (message, moved) => worker.postMessage(message, moved),
    kill: () => void worker.terminate(),
    holdProcess: (holds) => (holds ? worker.ref() : worker.unref()),
  };
}

/** Inside of a worker thread: the server that opened it; `undefined` elsewhere. */
export function threadServer(): ServerChannel | undefined {
  return parentPort === null ? undefined : new ThreadServer(parentPort);
}

class ThreadServer implements ServerChannel {
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  send(message: FromWorker, moved: readonly ArrayBuffer[]): void {
    this.#port.postMessage(message, moved);
  }

  listen(receive: (message: ToWorker) => void): void {
    this.#port.on("message", receive);
  }

  close(): void {
    this.#port.close();
  }
}
