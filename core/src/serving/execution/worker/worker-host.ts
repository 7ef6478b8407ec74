import type { Backend, LoadedModel } from "../../../extension-points/backend.js";
import { PlinthError } from "../../../model/errors.js";
import { loadModel, streamOf } from "../load-model.js";
import { filesAt } from "./files-location.js";
import { HostedStreams } from "./hosted-streams.js";
import { packError } from "./packed-error.js";
import { packTensors, unpackTensors } from "./packed-tensors.js";
import type { ServerChannel } from "./worker-channel.js";
import type { ToWorker } from "./worker-messages.js";

type Message<Type extends ToWorker["type"]> = Extract<ToWorker, { readonly type: Type }>;

/** The inside of a worker: makes the backend, loads one model at a time, and runs what the server sends. */
export class WorkerHost {
  readonly #server: ServerChannel;
  readonly #makeBackend: (data: unknown) => Promise<Backend>;
  #backend: Promise<Backend> | undefined;
  readonly #streams = new HostedStreams();
  #model: LoadedModel | undefined;
  #lastRunEndedAtMs = 0;

  /** @param makeBackend out of what the `boot` message holds */
  constructor(server: ServerChannel, makeBackend: (data: unknown) => Promise<Backend>) {
    this.#server = server;
    this.#makeBackend = makeBackend;
  }

  listen(): void {
    this.#server.listen((message) => void this.#receive(message));
  }

  async #receive(message: ToWorker): Promise<void> {
    switch (message.type) {
      case "boot":
        this.#backend = this.#makeBackend(message.data);
        // Told when the model is to be loaded.
        this.#backend.catch(() => {});
        return;
      case "load":
        return this.#load(message);
      case "run":
        return this.#run(message);
      case "stream":
        this.#stream(message);
        return;
      case "step":
        return this.#step(message);
      case "stop":
        await this.#streams.stop(message.stream);
        this.#server.send({ type: "stepped", id: message.id, tensors: undefined }, []);
        return;
      case "unload":
        await this.#unload();
        this.#server.send({ type: "unloaded" }, []);
        return;
      case "dispose":
        await this.#unload();
        this.#server.close();
        return;
    }
  }

  async #load({ model, version, files, ...location }: Message<"load">): Promise<void> {
    const { signal } = new AbortController();
    try {
      const backend = await this.#backend;
      if (backend === undefined) throw new PlinthError("INTERNAL", "Expected a boot message ahead of the load");
      const { loaded, report } = await loadModel(backend, filesAt(location, files), { model, version, signal });
      this.#model = loaded;
      const { signatures, details, maxStreams } = loaded;
      this.#server.send({ type: "loaded", signatures, details, maxStreams, report }, []);
    } catch (thrown) {
      this.#server.send({ type: "failed", error: packError(thrown) }, []);
    }
  }

  async #run({ id, signature, outputs, tensors }: Message<"run">): Promise<void> {
    try {
      const model = this.#loaded();
      const beganAtMs = performance.now();
      const packed = packTensors(await model.run({ signature, outputs, inputs: unpackTensors(tensors) }));
      this.#server.send({ type: "ran", id, tensors: packed, computeMs: this.#computeMs(beganAtMs) }, [packed.bytes]);
    } catch (thrown) {
      this.#server.send({ type: "run-failed", id, error: packError(PlinthError.from(thrown, "MODEL_RUN_FAILED")) }, []);
    }
  }

  #stream({ stream, signature, outputs, tensors }: Message<"stream">): void {
    this.#streams.open(stream, (signal) =>
      streamOf(this.#loaded(), { signature, outputs, inputs: unpackTensors(tensors), signal }),
    );
  }

  async #step({ id, stream }: Message<"step">): Promise<void> {
    try {
      const tensors = await this.#streams.next(stream);
      this.#server.send({ type: "stepped", id, tensors }, tensors === undefined ? [] : [tensors.bytes]);
    } catch (thrown) {
      this.#server.send({ type: "run-failed", id, error: packError(thrown) }, []);
    }
  }

  #loaded(): LoadedModel {
    if (this.#model !== undefined) return this.#model;
    throw new PlinthError("INTERNAL", "Expected a loaded model ahead of what it is to answer");
  }

  /** A run that was sent ahead has waited for the one before it; that is not its own time. */
  #computeMs(beganAtMs: number): number {
    const endedAtMs = performance.now();
    const computeMs = endedAtMs - Math.max(beganAtMs, this.#lastRunEndedAtMs);
    this.#lastRunEndedAtMs = endedAtMs;
    return computeMs;
  }

  async #unload(): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    try {
      await model?.[Symbol.asyncDispose]();
    } catch (thrown) {
      const errors = { error: packError(thrown) };
      this.#server.send(
        { type: "log", level: "error", message: "The model could not be freed cleanly", fields: {}, errors },
        [],
      );
    }
  }
}
