import { DEFAULT_SIGNATURE, type InferCall, type NamedTensors, type ServableHandle } from "@plinth/core";
import { type Classification, classificationOf, classificationOutputs } from "./classification.js";
import type { ExampleBatch } from "./example-batch.js";
import { exampleInputs } from "./example-inputs.js";
import { type Regression, regressionOf, regressionOutput } from "./regression.js";

/** Examples for a signature, and how long an answer is of use. */
export interface ExampleCall extends Omit<InferCall, "inputs" | "outputs"> {
  readonly examples: ExampleBatch;
}

/**
 * TensorFlow Serving's Classify. Only the outputs that it tells of are asked of the model.
 *
 * @throws PlinthError `SIGNATURE_NOT_FOUND`, `SIGNATURE_UNFIT`, `OUTPUT_UNFIT`, those of `exampleInputs` and of `ServableHandle.infer`
 */
export async function classify(handle: ServableHandle, call: ExampleCall): Promise<Classification> {
  const { signature = DEFAULT_SIGNATURE, examples } = call;
  const wanted = classificationOutputs(signature, handle.signature(signature));
  const names = [wanted.classes, wanted.scores].filter((name) => name !== undefined);
  return classificationOf(await run(handle, call, names), wanted, examples.size);
}

/** TensorFlow Serving's Regress. @throws PlinthError as {@link classify} */
export async function regress(handle: ServableHandle, call: ExampleCall): Promise<Regression> {
  const { signature = DEFAULT_SIGNATURE, examples } = call;
  const wanted = regressionOutput(signature, handle.signature(signature));
  return regressionOf(await run(handle, call, [wanted]), wanted, examples.size);
}

async function run(
  handle: ServableHandle,
  { examples, ...call }: ExampleCall,
  outputs: readonly string[],
): Promise<NamedTensors> {
  const inputs = exampleInputs(handle.signature(call.signature), examples);
  return (await handle.infer({ ...call, inputs, outputs })).outputs;
}
