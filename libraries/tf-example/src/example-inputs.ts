import { createTensor, type NamedTensors, type Signature } from "@plinth/core";
import { denseInputs } from "./dense-inputs.js";
import type { ExampleBatch } from "./example-batch.js";
import { isExampleMethod } from "./methods.js";

/** How a signature takes examples: as the bytes of each, which its graph parses, or as one tensor for each feature. */
export type ExampleForm = "serialized" | "dense";

/** What TensorFlow calls the input that takes serialized examples: of classify and regress, and of a predict signature beside them. */
const SERIALIZED_INPUTS: readonly string[] = ["inputs", "examples"];

/**
 * How a signature takes examples. `serialized` where its only input is a list of strings (also of unknown rank), and either the
 * signature's method is classify or regress, or the input has one of the names by which TensorFlow exports such signatures (since
 * TensorFlow 2 the method of all of them is predict).
 */
export function exampleForm({ inputs, method }: Signature): ExampleForm {
  const [only] = inputs;
  if (only === undefined || inputs.size > 1) return "dense";
  const [name, { dtype, shape }] = only;
  if (dtype !== "string" || (shape !== undefined && shape.length !== 1)) return "dense";
  return isExampleMethod(method) || SERIALIZED_INPUTS.includes(name) ? "serialized" : "dense";
}

/**
 * The examples as a signature's inputs: in whichever form it takes, a row for each example.
 *
 * @throws PlinthError `REQUEST_INVALID`, and those of {@link denseInputs}
 */
export function exampleInputs(signature: Signature, examples: ExampleBatch): NamedTensors {
  if (exampleForm(signature) === "dense") return denseInputs(signature, examples.parsed());
  const serialized = createTensor("string", [examples.size], examples.serialized());
  return new Map([...signature.inputs.keys()].map((name) => [name, serialized]));
}
