import type { LoadedModel, RunCall } from "../../extension-points/backend.js";
import type { Signature } from "../../model/signature.js";
import type { NamedTensors } from "../../model/tensor.js";
import { DEFAULT_MAX_STREAMS, type ExecutedModel } from "./executed-model.js";
import { streamOf } from "./load-model.js";

/** A model that runs on the thread that serves requests. */
export class InlineModel implements ExecutedModel {
  readonly slots: number = Number.POSITIVE_INFINITY;
  readonly streamSlots: number;
  readonly #loaded: LoadedModel;

  constructor(loaded: LoadedModel) {
    this.#loaded = loaded;
    this.streamSlots = loaded.maxStreams ?? DEFAULT_MAX_STREAMS;
  }

  get signatures(): ReadonlyMap<string, Signature> {
    return this.#loaded.signatures;
  }

  get details(): ReadonlyMap<string, string> | undefined {
    return this.#loaded.details;
  }

  run(call: RunCall): Promise<NamedTensors> {
    return this.#loaded.run(call);
  }

  stream(call: RunCall): AsyncIterable<NamedTensors> {
    return streamOf(this.#loaded, call);
  }

  readonly outage: undefined;

  onChange(): void {}

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#loaded[Symbol.asyncDispose]();
  }
}
