import type { RunCall } from "../../../extension-points/backend.js";
import type { Logger } from "../../../extension-points/logger.js";
import type { VersionFiles } from "../../../extension-points/storage.js";
import { PlinthError } from "../../../model/errors.js";
import type { ModelVersion } from "../../../model/model-version.js";
import type { Signature } from "../../../model/signature.js";
import type { NamedTensors } from "../../../model/tensor.js";
import type { WarmUpReport } from "../warm-up.js";
import { locationOf } from "./files-location.js";
import { unpackError } from "./packed-error.js";
import { type PackedTensors, packTensors, unpackTensors } from "./packed-tensors.js";
import { RemoteStream } from "./remote-stream.js";
import type { OpenWorker, WorkerChannel } from "./worker-channel.js";
import type { FromWorker, ToWorker } from "./worker-messages.js";

/** What an instance is made of. */
export interface InstanceOptions {
  readonly open: OpenWorker;
  /** For the worker's entry. */
  readonly bootData: unknown;
  readonly model: string;
  readonly version: ModelVersion;
  /** Readable as long as the instance lives. */
  readonly files: VersionFiles;
  readonly logger: Logger;
}

/** How long an instance may take to free its model before it is ended, in milliseconds. */
const DISPOSAL_MS = 5_000;

/** How long an ended worker is waited for, in milliseconds: a thread ends only once native code in it returns. */
const KILL_MS = 5_000;

/** What the newest run counts for in the mean of all. */
const RUN_WEIGHT = 1 / 32;

/** Somebody who waits for an answer of the worker. */
interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: PlinthError): void;
}

type Loaded = Extract<FromWorker, { readonly type: "loaded" }>;

/** One instance of a model in a worker of its own. */
export class ModelInstance implements AsyncDisposable {
  /** Settles, with the reason, when the worker has ended, asked to or not. */
  readonly ended: Promise<PlinthError>;
  readonly #options: InstanceOptions;
  readonly #channel: WorkerChannel;
  readonly #runs = new Map<number, Waiting<NamedTensors>>();
  /** Steps of streams that are waited for. */
  readonly #steps = new Map<number, Waiting<PackedTensors | undefined>>();
  /** Numbers runs, streams and their steps. */
  #lastId = 0;
  #streamsUnderWay = 0;
  #meanRunMs = 0;
  #loading: Waiting<Loaded> | undefined;
  /** Why it has ended, once it has. */
  #end: PlinthError | undefined;

  private constructor(options: InstanceOptions) {
    this.#options = options;
    let tellEnd: (error: PlinthError) => void;
    this.ended = new Promise((resolve) => {
      tellEnd = resolve;
    });
    this.#channel = options.open({
      received: (message) => this.#receive(message),
      ended: (why) => tellEnd(this.#finish(why)),
    });
  }

  /**
   * Starts a worker and has it load the model, for as long as that takes. Where it fails, nothing stays behind.
   *
   * @throws PlinthError what the backend throws; `EXECUTOR_DIED`; the signal's reason
   */
  static async start(options: InstanceOptions, signal: AbortSignal): Promise<LoadedInstance> {
    signal.throwIfAborted();
    const instance = openInstance(options, () => new ModelInstance(options));
    const stop = () => instance.#loading?.reject(PlinthError.from(signal.reason));
    signal.addEventListener("abort", stop, { once: true });
    try {
      const { signatures, details, maxStreams, report } = await instance.#load();
      signal.throwIfAborted();
      return { instance, signatures, details, maxStreams, report };
    } catch (error) {
      await instance.#kill();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** How long runs took of late inside the worker, in milliseconds. */
  get meanRunMs(): number {
    return this.#meanRunMs;
  }

  get runsUnderWay(): number {
    return this.#runs.size;
  }

  get streamsUnderWay(): number {
    return this.#streamsUnderWay;
  }

  /** @throws PlinthError what the model throws; `EXECUTOR_DIED` where the worker ends before it answers. */
  run({ signature, inputs, outputs }: RunCall): Promise<NamedTensors> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = ++this.#lastId;
    const tensors = packTensors(inputs);
    return new Promise((resolve, reject) => {
      this.#channel.send({ type: "run", id, signature, outputs, tensors }, [tensors.bytes]);
      this.#runs.set(id, { resolve, reject });
    });
  }

  /** A stream of the model, each step of which is asked for. @throws PlinthError as {@link run}, from its steps */
  stream({ signature, inputs, outputs, signal }: RunCall): AsyncIterable<NamedTensors> {
    const stream = ++this.#lastId;
    const tensors = packTensors(inputs);
    if (this.#end === undefined) {
      this.#channel.send({ type: "stream", stream, signature, outputs, tensors }, [tensors.bytes]);
    }
    this.#streamsUnderWay++;
    const far = {
      next: () => this.#ask((id) => ({ type: "step", id, stream })),
      stop: async () => void (await this.#ask((id) => ({ type: "stop", id, stream }))),
    };
    return new RemoteStream(far, signal, () => this.#streamsUnderWay--);
  }

  /** Frees the model and ends the worker, what is under way included. Never rejects; what goes wrong is logged. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#end !== undefined) return;
    this.#channel.send({ type: "dispose" }, []);
    if (!(await this.#endsWithin(DISPOSAL_MS))) await this.#kill();
  }

  async #kill(): Promise<void> {
    this.#channel.kill();
    if (await this.#endsWithin(KILL_MS)) return;
    const { model, version, logger } = this.#options;
    logger.error(
      `A worker of model ${model} version ${version} does not end: something in it never returns, and keeps its memory. ` +
        "As execution: { executor: process } it could be ended",
    );
  }

  async #endsWithin(timeoutMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    const hasEnded = await Promise.race([this.ended.then(() => true), late]);
    clearTimeout(timer);
    return hasEnded;
  }

  #ask(message: (id: number) => ToWorker): Promise<PackedTensors | undefined> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#channel.send(message(id), []);
      this.#steps.set(id, { resolve, reject });
    });
  }

  #load(): Promise<Loaded> {
    const { bootData, model, version, files } = this.#options;
    this.#channel.send({ type: "boot", data: bootData }, []);
    this.#channel.send({ type: "load", model, version, files: files.files, ...locationOf(files) }, []);
    return new Promise((resolve, reject) => {
      this.#loading = { resolve, reject };
    });
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case "ran":
        this.#meanRunMs += (message.computeMs - this.#meanRunMs) * RUN_WEIGHT;
        taken(this.#runs, message.id)?.resolve(unpackTensors(message.tensors));
        return;
      case "stepped":
        taken(this.#steps, message.id)?.resolve(message.tensors);
        return;
      case "run-failed":
        (taken(this.#runs, message.id) ?? taken(this.#steps, message.id))?.reject(unpackError(message.error));
        return;
      case "loaded":
        this.#meanRunMs = message.report.runMs ?? 0;
        this.#loading?.resolve(message);
        return;
      case "failed":
        this.#loading?.reject(unpackError(message.error));
        return;
      case "log":
        this.#log(message);
        return;
      case "unloaded":
        return;
    }
  }

  #log({ level, message, fields, errors }: Extract<FromWorker, { readonly type: "log" }>): void {
    const unpacked = Object.entries(errors).map(([name, error]) => [name, unpackError(error)]);
    this.#options.logger[level](message, { ...fields, ...Object.fromEntries(unpacked) });
  }

  #finish(why: string): PlinthError {
    const error = executorDied(this.#options, why);
    this.#end = error;
    for (const waiting of [...this.#runs.values(), ...this.#steps.values()]) waiting.reject(error);
    this.#runs.clear();
    this.#steps.clear();
    this.#loading?.reject(error);
    return error;
  }
}

function taken<Answer>(all: Map<number, Waiting<Answer>>, id: number): Waiting<Answer> | undefined {
  const waiting = all.get(id);
  all.delete(id);
  return waiting;
}

/** What the system refuses to start is as good as one that died at once. */
function openInstance(options: InstanceOptions, open: () => ModelInstance): ModelInstance {
  try {
    return open();
  } catch (cause) {
    throw executorDied(options, `it could not be started: ${PlinthError.from(cause).message}`);
  }
}

function executorDied({ model, version }: InstanceOptions, why: string): PlinthError {
  return new PlinthError(
    "EXECUTOR_DIED",
    `The worker of model ${model} version ${version} has gone: ${why}. What it was running is lost; send it again`,
    { details: { model, version: String(version) } },
  );
}

/** An instance that has loaded its model. */
export interface LoadedInstance {
  readonly instance: ModelInstance;
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly details: ReadonlyMap<string, string> | undefined;
  readonly maxStreams: number | undefined;
  readonly report: WarmUpReport;
}
