import {
  type LoadedModel,
  type NamedTensors,
  PlinthError,
  type RunCall,
  type Signature,
  type Tensor,
} from "@plinth/core";
import type { NativeBinding } from "./native-binding.js";
import { sessionError } from "./native-errors.js";
import { NativeTensors } from "./native-tensors.js";

/** Where TensorFlow itself finds a signature's inputs and outputs: the specs' names in the graph. */
export interface NativeModelOptions {
  readonly directory: string;
  readonly tags: readonly string[];
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly details: ReadonlyMap<string, string>;
  readonly warmUp: (model: LoadedModel, signal: AbortSignal) => Promise<void>;
}

/** A SavedModel in a session of TensorFlow's own; `undefined` where TensorFlow does not take its graph as it is. */
export function openNativeModel(binding: NativeBinding, options: NativeModelOptions): LoadedModel | undefined {
  const { directory, tags } = options;
  let session: number;
  try {
    session = binding.loadSavedModel(directory, tags.join(","));
  } catch {
    return undefined;
  }
  return new NativeModel(binding, session, options);
}

class NativeModel implements LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly details: ReadonlyMap<string, string>;
  readonly #binding: NativeBinding;
  readonly #tensors: NativeTensors;
  readonly #warmUp: NativeModelOptions["warmUp"];
  #session: number | undefined;

  constructor(binding: NativeBinding, session: number, { signatures, details, warmUp }: NativeModelOptions) {
    this.signatures = signatures;
    this.details = details;
    this.#binding = binding;
    this.#tensors = new NativeTensors(binding);
    this.#session = session;
    this.#warmUp = warmUp;
  }

  async run({ signature: name, inputs, outputs }: RunCall): Promise<NamedTensors> {
    const signature = this.signatures.get(name);
    if (this.#session === undefined || signature === undefined) {
      throw new PlinthError("MODEL_RUN_FAILED", "The model was disposed: load it again before running it");
    }
    const given: number[] = [];
    try {
      for (const input of signature.inputs.keys()) given.push(this.#tensors.create(inputs.get(input) as Tensor));
      const [inputNames, outputNames] = [graphNames(signature.inputs), graphNames(signature.outputs, outputs)];
      const results = this.#binding.runSavedModel(this.#session, given, inputNames, outputNames);
      return new Map(
        outputs.map((output, index) => {
          const result = results[index];
          const dtype = signature.outputs.get(output)?.dtype;
          if (result === undefined || dtype === undefined)
            throw new Error(`TensorFlow gives no ${JSON.stringify(output)}`);
          return [output, this.#tensors.take(result, dtype)];
        }),
      );
    } catch (thrown) {
      throw sessionError(thrown);
    } finally {
      for (const id of given) this.#binding.deleteTensor(id);
    }
  }

  async warmUp({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    await this.#warmUp(this, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) this.#binding.deleteSavedModel(session);
  }
}

function graphNames(specs: Signature["inputs"], names: Iterable<string> = specs.keys()): string {
  return [...names].map((name) => specs.get(name)?.graphName ?? name).join(",");
}
