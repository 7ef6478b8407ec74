import {
  DEFAULT_SIGNATURE,
  type LoadedModel,
  type NamedTensors,
  PlinthError,
  type RunCall,
  type Signature,
  type Tensor,
} from "@plinth/core";
import type { OnnxDType } from "./dtypes.js";
import { runError } from "./runtime/runtime-errors.js";
import type { Feeds, Fetches, Results, RuntimeSession } from "./runtime/runtime-session.js";
import { fromRuntimeTensor, type RuntimeTensor, toRuntimeTensor } from "./runtime/runtime-tensor.js";

/** A model that is loaded. It owns its session. */
export class OnnxModel implements LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  #session: RuntimeSession | undefined;

  constructor(session: RuntimeSession, signature: Signature) {
    this.#session = session;
    this.signatures = new Map([[DEFAULT_SIGNATURE, signature]]);
  }

  async run({ inputs, outputs }: RunCall): Promise<NamedTensors> {
    if (this.#session === undefined) {
      throw new PlinthError("MODEL_RUN_FAILED", "The model was disposed: load it again before running it");
    }
    try {
      const results = await this.#session.run(toFeeds(inputs), toFetches(outputs));
      return toOutputs(results, outputs);
    } catch (thrown) {
      throw runError(thrown);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.dispose();
  }
}

function toFeeds(inputs: NamedTensors): Feeds {
  const feeds = Object.create(null) as Record<string, RuntimeTensor>;
  for (const [name, tensor] of inputs) feeds[name] = toRuntimeTensor(name, tensor as Tensor<OnnxDType>);
  return feeds;
}

function toFetches(outputs: readonly string[]): Fetches {
  const fetches = Object.create(null) as Record<string, null>;
  for (const name of outputs) fetches[name] = null;
  return fetches;
}

function toOutputs(results: Results, outputs: readonly string[]): NamedTensors {
  const tensors = new Map<string, Tensor>();
  for (const name of outputs) tensors.set(name, fromRuntimeTensor(results[name] as RuntimeTensor));
  return tensors;
}
