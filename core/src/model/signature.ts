import type { DType } from "./dtype.js";
import type { Tensor } from "./tensor.js";

/** What one input or output of a signature is. */
export interface TensorSpec {
  readonly dtype: DType;
  /** One entry a dimension, -1 where any length is taken; `undefined` where not even the rank is known. */
  readonly shape: readonly number[] | undefined;
  /** The tensor's name inside the model's graph, where that differs from the name that clients use. */
  readonly graphName?: string;
  /** Of an input that a request may leave out: what the model is given then. Only read. */
  readonly default?: Tensor;
}

/** One way to call a model: named inputs to named outputs. */
export interface Signature {
  readonly inputs: ReadonlyMap<string, TensorSpec>;
  readonly outputs: ReadonlyMap<string, TensorSpec>;
  /** What TensorFlow calls the method name; {@link PREDICT_METHOD} for models that know of none. */
  readonly method: string;
  /**
   * `binding`: an input whose rank or fixed dimensions differ from the signature is refused before the model sees it.
   * `advisory`: shapes are documentation only, as in TensorFlow, whose models answer shapes other than the declared ones.
   */
  readonly shapes: "binding" | "advisory";
  /**
   * A run changes what later runs answer, as one of a counter does. It is never run to warm up, and a model that has such a signature stays
   * where it is, in one copy, unless more are asked for.
   */
  readonly changesState?: true;
  /**
   * A request may be answered with any number of outputs, one after the other, as by a model that generates text: `only` so, or `also` with
   * all of it at once. Absent: at once. See `LoadedModel.stream`.
   */
  readonly streams?: "only" | "also";
}

/** Inputs that a request must bring and does not: those that have no default. @param brings whether it has an input of that name */
export function missingInputs(
  { inputs }: Pick<Signature, "inputs">,
  brings: (name: string) => boolean,
): readonly string[] {
  return [...inputs].flatMap(([name, spec]) => (spec.default !== undefined || brings(name) ? [] : name));
}

/** The signature that a request means when it names none (TensorFlow's `DEFAULT_SERVING_SIGNATURE_DEF_KEY`). */
export const DEFAULT_SIGNATURE = "serving_default";

/** TensorFlow's `PREDICT_METHOD_NAME`. */
export const PREDICT_METHOD = "tensorflow/serving/predict";
