import {
  DEFAULT_SIGNATURE,
  type LoadedModel,
  type NamedTensors,
  PlinthError,
  PREDICT_METHOD,
  type RunCall,
  type Signature,
  type Tensor,
  type TensorSpec,
} from "@plinth/core";
import type { Tensor as EngineTensor } from "@tensorflow/tfjs-core";
import { io, tidy } from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { servableDType } from "../tensors/element-types.js";
import { fromEngine } from "../tensors/from-engine.js";
import { toEngine } from "../tensors/to-engine.js";
import type { ModelJson } from "./model-json.js";
import type { StoredWeights } from "./weights.js";

/** @throws PlinthError `MODEL_UNSUPPORTED` for layers that TensorFlow.js lacks; `MODEL_FILE_INVALID` for weights that do not fit */
export async function openLayersModel(
  { topology }: ModelJson,
  { specs, data }: StoredWeights,
  details: ReadonlyMap<string, string>,
): Promise<LoadedModel> {
  const model = await loadLayersModel(
    io.fromMemory({ modelTopology: topology, weightSpecs: specs, weightData: data }),
  ).catch((thrown: unknown) => {
    throw loadError(thrown);
  });
  return new LayersLoadedModel(model, details);
}

/** A model of layers, as Keras builds them. */
class LayersLoadedModel implements LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly details: ReadonlyMap<string, string>;
  readonly #signature: Signature;
  #model: LayersModel | undefined;

  constructor(model: LayersModel, details: ReadonlyMap<string, string>) {
    this.#model = model;
    this.details = details;
    this.#signature = {
      inputs: specsOf(model.inputNames, model.inputs),
      outputs: specsOf(model.outputNames, model.outputs),
      method: PREDICT_METHOD,
      shapes: "binding",
    };
    this.signatures = new Map([[DEFAULT_SIGNATURE, this.#signature]]);
  }

  async run({ inputs, outputs }: RunCall): Promise<NamedTensors> {
    const model = this.#model;
    if (model === undefined) {
      throw new PlinthError("MODEL_RUN_FAILED", "The model was disposed: load it again before running it");
    }
    return tidy(() => this.#run(model, inputs, outputs) as never) as NamedTensors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#model?.dispose();
    this.#model = undefined;
  }

  #run(model: LayersModel, inputs: NamedTensors, outputs: readonly string[]): NamedTensors {
    const names = [...this.#signature.inputs.keys()];
    const given = names.map((name) => toEngine(name, inputs.get(name) as Tensor));
    const values = apply(model, given);
    const outputNames = [...this.#signature.outputs.keys()];
    return new Map(
      outputs.map((name) => {
        const dtype = this.#signature.outputs.get(name)?.dtype ?? "float32";
        return [name, fromEngine(values[outputNames.indexOf(name)] as EngineTensor, dtype)];
      }),
    );
  }
}

function apply(model: LayersModel, given: readonly EngineTensor[]): readonly EngineTensor[] {
  try {
    const result = model.apply(given.length === 1 ? (given[0] as EngineTensor) : [...given]);
    return (Array.isArray(result) ? result : [result]) as EngineTensor[];
  } catch (thrown) {
    const { message } = PlinthError.from(thrown);
    const reason = /\b(?:shapes?|rank|dimensions?|ndim|axis)\b/i.test(message)
      ? "INPUT_SHAPE_MISMATCH"
      : "MODEL_RUN_FAILED";
    throw new PlinthError(reason, `The model could not be run on these inputs: ${message}`, { cause: thrown });
  }
}

/** Two outputs of one layer are told apart by a number. */
function specsOf(names: readonly string[], tensors: readonly SymbolicTensor[]): ReadonlyMap<string, TensorSpec> {
  const specs = new Map<string, TensorSpec>();
  for (const [index, { shape, dtype }] of tensors.entries()) {
    const name = names[index] ?? `output_${index}`;
    const served = servableDType(dtype);
    if (served === undefined) throw new PlinthError("MODEL_UNSUPPORTED", `${JSON.stringify(name)} is of ${dtype}`);
    specs.set(specs.has(name) ? `${name}_${index}` : name, {
      dtype: served,
      shape: shape.map((length) => length ?? -1),
    });
  }
  return specs;
}

function loadError(thrown: unknown): PlinthError {
  const { message } = PlinthError.from(thrown);
  const isUnknown = /Unknown (?:layer|initializer|regularizer|constraint|activation)/i.test(message);
  return new PlinthError(
    isUnknown ? "MODEL_UNSUPPORTED" : "MODEL_FILE_INVALID",
    `TensorFlow.js does not load the layers of model.json: ${message.split(". ")[0]}. ` +
      (isUnknown ? "Save it as a graph model instead" : "Save the model again"),
    { cause: thrown },
  );
}
