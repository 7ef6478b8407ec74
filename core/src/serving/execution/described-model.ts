import type { RunCall } from "../../extension-points/backend.js";
import type { DescribedTensor, ModelDescription, WarmUpCall } from "../../extension-points/model-description.js";
import { PlinthError } from "../../model/errors.js";
import { quotedNames } from "../../model/quoted-names.js";
import { DEFAULT_SIGNATURE, type Signature, type TensorSpec } from "../../model/signature.js";
import { formatShape, type NamedTensors, type Tensor } from "../../model/tensor.js";
import { isBatchable } from "../batching/batchable.js";
import { checkInputs } from "./check-inputs.js";
import type { ExecutedModel, Outage } from "./executed-model.js";

type Direction = "input" | "output";
type Described = ReadonlyMap<string, DescribedTensor>;

/**
 * The signature that clients see of a described model.
 *
 * @throws PlinthError `MODEL_DESCRIPTION_INVALID` with all that contradicts the model
 */
export function describedSignature(signature: Signature, description: ModelDescription): Signature {
  const { name, inputs, outputs, batching } = description;
  const faults = [
    ...contradictions("input", signature.inputs, inputs),
    ...contradictions("output", signature.outputs, outputs),
  ];
  if (faults.length > 0) {
    throw new PlinthError("MODEL_DESCRIPTION_INVALID", `${name} contradicts the model:\n${faults.join("\n")}`);
  }
  const described = {
    ...signature,
    inputs: inputs === undefined ? signature.inputs : specs(inputs, signature.inputs),
    outputs: outputs === undefined ? signature.outputs : specs(outputs, signature.outputs),
  };
  if (batching !== undefined && !batching.ifPossible && !isBatchable(described)) {
    throw new PlinthError(
      "MODEL_DESCRIPTION_INVALID",
      `${name} asks for batches of up to ${batching.maxBatchSize}, but the model takes none: an input or output of it has no first dimension ` +
        "of any length. Set max_batch_size to 0",
    );
  }
  return described;
}

/**
 * Has a loaded model be as it is described, and warms it up with what the description brings.
 *
 * @throws PlinthError `MODEL_DESCRIPTION_INVALID`; what a warm-up run throws. The model is disposed then.
 */
export async function describeModel(
  model: ExecutedModel,
  description: ModelDescription | undefined,
  signal: AbortSignal,
): Promise<ExecutedModel> {
  if (description === undefined) return model;
  try {
    const described = new DescribedModel(model, description);
    for (const call of description.warmUp) await warmUp(described, description, call, signal);
    return described;
  } catch (error) {
    await model[Symbol.asyncDispose]();
    throw error;
  }
}

async function warmUp(
  model: ExecutedModel,
  { name: description }: ModelDescription,
  { name, inputs }: WarmUpCall,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const signature = model.signatures.get(DEFAULT_SIGNATURE);
  if (signature === undefined) return;
  try {
    checkInputs(signature, inputs);
    const call = { signature: DEFAULT_SIGNATURE, inputs, outputs: [...signature.outputs.keys()], signal };
    if (signature.streams === "only") await firstStep(model.stream(call));
    else await model.run(call);
  } catch (thrown) {
    signal.throwIfAborted();
    const cause = PlinthError.from(thrown, "MODEL_RUN_FAILED");
    throw new PlinthError(
      "MODEL_DESCRIPTION_INVALID",
      `The warm-up ${JSON.stringify(name)} of ${description} fails: ${cause.message}`,
      { cause },
    );
  }
}

async function firstStep(stream: AsyncIterable<NamedTensors>): Promise<void> {
  for await (const _ of stream) return;
}

/** A model that clients see as it is described: with its shapes, and the outputs that it names. */
export class DescribedModel implements ExecutedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly #model: ExecutedModel;
  readonly #reshaped: Described;

  /** @throws PlinthError `MODEL_DESCRIPTION_INVALID` */
  constructor(model: ExecutedModel, description: ModelDescription) {
    const signature = model.signatures.get(DEFAULT_SIGNATURE);
    this.#model = model;
    this.signatures =
      signature === undefined
        ? model.signatures
        : new Map([...model.signatures, [DEFAULT_SIGNATURE, describedSignature(signature, description)]]);
    const tensors = [...(description.inputs ?? []), ...(description.outputs ?? [])];
    this.#reshaped = new Map(tensors.filter(([, { modelShape }]) => modelShape !== undefined));
  }

  get slots(): number {
    return this.#model.slots;
  }

  get streamSlots(): number {
    return this.#model.streamSlots;
  }

  get outage(): Outage | undefined {
    return this.#model.outage;
  }

  onChange(changed: () => void): void {
    this.#model.onChange(changed);
  }

  async run(call: RunCall): Promise<NamedTensors> {
    if (!this.#reshapes(call)) return this.#model.run(call);
    return this.#toClients(await this.#model.run(this.#toModel(call)));
  }

  stream(call: RunCall): AsyncIterable<NamedTensors> {
    return this.#reshapes(call) ? this.#reshapedStream(call) : this.#model.stream(call);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#model[Symbol.asyncDispose]();
  }

  async *#reshapedStream(call: RunCall): AsyncIterable<NamedTensors> {
    for await (const outputs of this.#model.stream(this.#toModel(call))) yield this.#toClients(outputs);
  }

  #reshapes({ signature }: RunCall): boolean {
    return this.#reshaped.size > 0 && signature === DEFAULT_SIGNATURE;
  }

  #toModel(call: RunCall): RunCall {
    const inputs = this.#reshape(call.inputs, ({ shape, modelShape = shape }) => ({ from: shape, to: modelShape }));
    return { ...call, inputs };
  }

  #toClients(outputs: NamedTensors): NamedTensors {
    return this.#reshape(outputs, ({ shape, modelShape = shape }) => ({ from: modelShape, to: shape }));
  }

  #reshape(tensors: NamedTensors, shapes: (described: DescribedTensor) => Reshaping): NamedTensors {
    return new Map(
      [...tensors].map(([name, tensor]) => {
        const described = this.#reshaped.get(name);
        return [name, described === undefined ? tensor : reshaped(name, tensor, shapes(described))];
      }),
    );
  }
}

interface Reshaping {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** The same elements in another shape, whose open dimensions are those of the tensor, in their order. */
function reshaped(name: string, tensor: Tensor, { from, to }: Reshaping): Tensor {
  const open = tensor.shape.filter((_, axis) => from[axis] === -1);
  let next = 0;
  const shape = to.map((dimension) => (dimension === -1 ? (open[next++] ?? -1) : dimension));
  if (tensor.shape.length === from.length && !shape.includes(-1)) return { ...tensor, shape } as Tensor;
  throw new PlinthError(
    "INPUT_SHAPE_MISMATCH",
    `"${name}" is expected to have shape ${formatShape(from)}, got ${formatShape(tensor.shape)}`,
  );
}

function specs(described: Described, known: ReadonlyMap<string, TensorSpec>): ReadonlyMap<string, TensorSpec> {
  return new Map([...described].map(([name, { dtype, shape }]) => [name, { ...known.get(name), dtype, shape }]));
}

function contradictions(
  direction: Direction,
  known: ReadonlyMap<string, TensorSpec>,
  described: Described | undefined,
): readonly string[] {
  if (described === undefined) return [];
  const faults = [...described].flatMap(([name, tensor]) => {
    const why = contradiction(direction, name, tensor, known);
    return why === undefined ? [] : [`${tensor.at}: ${why}`];
  });
  const missing = direction === "input" ? [...known.keys()].filter((name) => !described.has(name)) : [];
  if (missing.length > 0) {
    faults.push(`the model also takes the inputs ${quotedNames(missing)}; describe all of its inputs, or none`);
  }
  return faults;
}

function contradiction(
  direction: Direction,
  name: string,
  { dtype, shape, modelShape = shape }: DescribedTensor,
  known: ReadonlyMap<string, TensorSpec>,
): string | undefined {
  const spec = known.get(name);
  if (spec === undefined) {
    return `the model has no ${direction} "${name}"; its ${direction}s are ${quotedNames(known.keys())}`;
  }
  if (spec.dtype !== dtype) return `${direction} "${name}" is ${spec.dtype} in the model, not ${dtype}`;
  if (spec.shape === undefined || covers(spec.shape, modelShape)) return undefined;
  return (
    `${direction} "${name}" has the shape ${formatShape(spec.shape)} in the model, which ${formatShape(modelShape)} does not fit ` +
    "(where max_batch_size is above 0, the batch is the first of them)"
  );
}

/** Whether the model takes, or may give, every tensor that is described. */
function covers(model: readonly number[], described: readonly number[]): boolean {
  if (model.length !== described.length) return false;
  return model.every((dimension, axis) => dimension === -1 || dimension === described[axis]);
}
