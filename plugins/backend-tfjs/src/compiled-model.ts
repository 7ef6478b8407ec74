import {
  type DType,
  type LoadedModel,
  type NamedTensors,
  PlinthError,
  type RunCall,
  type Signature,
  type Tensor,
} from "@plinth/core";
import { tidy } from "@tensorflow/tfjs-core";
import type { Program } from "./graph/program.js";
import { isTensor, type Value } from "./graph/values.js";
import { fromEngine } from "./tensors/from-engine.js";
import { toEngine } from "./tensors/to-engine.js";

/** A signature that is ready to be run. */
export interface CompiledSignature {
  readonly signature: Signature;
  /** Takes the inputs in the order of the signature, then `captured`. */
  readonly program: Program;
  /** What the model itself gives besides: tables that a TensorFlow.js model hands to its own graph. */
  readonly captured: readonly Value[];
}

export interface CompiledModelOptions {
  readonly signatures: ReadonlyMap<string, CompiledSignature>;
  readonly details: ReadonlyMap<string, string>;
  /** Frees the model's constants and variables. */
  readonly dispose: () => void;
  readonly warmUp?: ((model: LoadedModel, signal: AbortSignal) => Promise<void>) | undefined;
}

/** A model whose signatures are graphs. A run is computed at once, on the thread that asks for it. */
export class CompiledModel implements LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly details: ReadonlyMap<string, string>;
  readonly #options: CompiledModelOptions;
  #isDisposed = false;

  constructor(options: CompiledModelOptions) {
    this.signatures = new Map([...options.signatures].map(([name, { signature }]) => [name, signature]));
    this.details = options.details;
    this.#options = options;
  }

  async run({ signature: name, inputs, outputs }: RunCall): Promise<NamedTensors> {
    const compiled = this.#options.signatures.get(name);
    if (compiled === undefined || this.#isDisposed) {
      throw new PlinthError("MODEL_RUN_FAILED", "The model was disposed: load it again before running it");
    }
    return tidy(() => runSignature(compiled, inputs, outputs) as never) as NamedTensors;
  }

  async warmUp({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    await this.#options.warmUp?.(this, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#options.dispose();
  }
}

function runSignature(
  { signature, program, captured }: CompiledSignature,
  inputs: NamedTensors,
  outputs: readonly string[],
): NamedTensors {
  const given: Value[] = [];
  for (const name of signature.inputs.keys()) given.push(toEngine(name, inputs.get(name) as Tensor));
  given.push(...captured);
  const values = program.run(given);
  const names = [...signature.outputs.keys()];
  return new Map(
    outputs.map((name) => [name, outgoing(name, signature.outputs.get(name)?.dtype, values[names.indexOf(name)])]),
  );
}

function outgoing(name: string, dtype: DType | undefined, value: Value | undefined): Tensor {
  if (isTensor(value) && dtype !== undefined) return fromEngine(value, dtype);
  throw new PlinthError("MODEL_RUN_FAILED", `The model gives no tensor as output ${JSON.stringify(name)}`);
}
