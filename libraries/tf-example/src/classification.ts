import { formatShape, type NamedTensors, type Signature, type Tensor } from "@plinth/core";
import { outputUnfit, signatureUnfit } from "./method-errors.js";
import { REGRESS_METHOD } from "./methods.js";

/** Classes of all examples of a request, of one example after the other. */
export interface Classification {
  readonly examples: number;
  /** Classes of each example. */
  readonly classes: number;
  /** Names of the classes, as many as `examples` times `classes`; `undefined` where the model gives none. */
  readonly labels: readonly Uint8Array[] | undefined;
  /** Their scores, equally many; `undefined` where the model gives none. */
  readonly scores: Float32Array | undefined;
}

/** Names of the outputs that hold a classification: at least one. */
export interface ClassificationOutputs {
  readonly classes: string | undefined;
  readonly scores: string | undefined;
}

/** TensorFlow's names of the outputs: `CLASSIFY_OUTPUT_CLASSES`, `CLASSIFY_OUTPUT_SCORES`. */
const CLASSES = "classes";
const SCORES = "scores";

/**
 * Which outputs of a signature hold a classification: `classes` and `scores`, where it has one of them, else its only output, of strings or
 * of float32, unless it was made to regress. Otherwise its method does not count: since TensorFlow 2, exported signatures are all of predict.
 *
 * @throws PlinthError `SIGNATURE_UNFIT`
 */
export function classificationOutputs(name: string, { outputs, method }: Signature): ClassificationOutputs {
  const classes = outputs.has(CLASSES) ? CLASSES : undefined;
  const scores = outputs.has(SCORES) ? SCORES : undefined;
  if (classes !== undefined || scores !== undefined) return { classes, scores };
  const [only] = outputs;
  if (only !== undefined && outputs.size === 1 && method !== REGRESS_METHOD) {
    const [output, { dtype }] = only;
    if (dtype === "string") return { classes: output, scores: undefined };
    if (dtype === "float32") return { classes: undefined, scores: output };
  }
  throw signatureUnfit(
    name,
    outputs,
    `Expected classification signature outputs to contain at least one of "${CLASSES}" (string) and "${SCORES}" (float32), or to be ` +
      "one output of these dtypes",
  );
}

/**
 * What a model gave for `examples` examples as a classification: tensors of [examples, classes], or of [examples] for one class each.
 *
 * @throws PlinthError `OUTPUT_UNFIT`
 */
export function classificationOf(
  outputs: NamedTensors,
  { classes, scores }: ClassificationOutputs,
  examples: number,
): Classification {
  const labels = classes === undefined ? undefined : outputs.get(classes);
  const values = scores === undefined ? undefined : outputs.get(scores);
  const labelled = labels === undefined ? undefined : classCount(CLASSES, labels, examples);
  const scored = values === undefined ? undefined : classCount(SCORES, values, examples);
  if (labels !== undefined && labels.dtype !== "string") throw wrongDType(CLASSES, "DT_STRING", labels);
  if (values !== undefined && values.dtype !== "float32") throw wrongDType(SCORES, "DT_FLOAT", values);
  if (labelled !== undefined && scored !== undefined && labelled !== scored) {
    throw outputUnfit(`Tensors class and score should match in dim_size(1). Got ${labelled} vs. ${scored}`);
  }
  return { examples, classes: labelled ?? scored ?? 0, labels: labels?.data, scores: values?.data };
}

function classCount(what: string, { shape }: Tensor, examples: number): number {
  if (shape.length !== 1 && shape.length !== 2) {
    throw outputUnfit(`Expected ${what} Tensor shape: [batch_size, num_classes] but got ${formatShape(shape)}`);
  }
  if (shape[0] === examples) return shape[1] ?? 1;
  throw outputUnfit(`Expected ${what} output batch size of ${examples}, one for each example, but got ${shape[0]}`);
}

function wrongDType(what: string, expected: string, { dtype }: Tensor) {
  return outputUnfit(`Expected ${what} Tensor of ${expected}. Got: ${dtype}. To have it as it is, use predict`);
}
