import { formatShape, type NamedTensors, type Signature } from "@plinth/core";
import { outputUnfit, signatureUnfit } from "./method-errors.js";
import { CLASSIFY_METHOD } from "./methods.js";

/** A value for each example of a request. */
export interface Regression {
  readonly values: Float32Array;
}

/** TensorFlow's `REGRESS_OUTPUTS`. */
const OUTPUTS = "outputs";

/**
 * Which output of a signature holds a regression: `outputs`, else its only output if that is of float32, unless the signature was made to
 * classify. Otherwise its method does not count, as for a classification.
 *
 * @throws PlinthError `SIGNATURE_UNFIT`
 */
export function regressionOutput(name: string, { outputs, method }: Signature): string {
  if (outputs.has(OUTPUTS)) return OUTPUTS;
  const [only] = outputs;
  if (only !== undefined && outputs.size === 1 && only[1].dtype === "float32" && method !== CLASSIFY_METHOD)
    return only[0];
  throw signatureUnfit(
    name,
    outputs,
    `Expected regression signature outputs to contain "${OUTPUTS}" (float32), or to be one output of float32`,
  );
}

/**
 * What a model gave for `examples` examples as a regression: a tensor of [examples] or [examples, 1].
 *
 * @throws PlinthError `OUTPUT_UNFIT`
 */
export function regressionOf(outputs: NamedTensors, output: string, examples: number): Regression {
  const tensor = outputs.get(output);
  if (tensor === undefined) throw outputUnfit(`The model gave no output "${output}"`);
  const { dtype, shape, data } = tensor;
  if (dtype !== "float32") {
    throw outputUnfit(`Expected output Tensor of DT_FLOAT. Got: ${dtype}. To have it as it is, use predict`);
  }
  const isColumn = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  if (!isColumn) {
    throw outputUnfit(
      `Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got ${formatShape(shape)}`,
    );
  }
  if (shape[0] === examples) return { values: data };
  throw outputUnfit(`Expected output batch size to be ${examples}, one for each example, but got ${shape[0]}`);
}
