import type { LoadedModel, RunCall } from "../../extension-points/backend.js";
import type { Signature } from "../../model/signature.js";
import type { NamedTensors } from "../../model/tensor.js";
import type { ExecutedModel } from "./executed-model.js";

/** A model that runs on the thread that serves requests. */
export class InlineModel implements ExecutedModel {
  readonly slots: number = Number.POSITIVE_INFINITY;
  readonly #loaded: LoadedModel;

  constructor(loaded: LoadedModel) {
    this.#loaded = loaded;
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

  readonly outage: undefined;

  onChange(): void {}

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#loaded[Symbol.asyncDispose]();
  }
}
