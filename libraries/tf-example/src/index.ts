export {
  type Classification,
  type ClassificationOutputs,
  classificationOf,
  classificationOutputs,
} from "./classification.js";
export { TENSORFLOW_TYPES, type TensorFlowType } from "./data-types.js";
export { denseInputs } from "./dense-inputs.js";
export { type Example, type Feature, type FeatureKind, NO_FEATURE } from "./example.js";
export { ExampleBatch, MAX_EXAMPLES } from "./example-batch.js";
export { type ExampleForm, exampleForm, exampleInputs } from "./example-inputs.js";
export { classify, type ExampleCall, regress } from "./infer-examples.js";
export { CLASSIFY_METHOD, type ExampleMethod, isExampleMethod, REGRESS_METHOD } from "./methods.js";
export { type InferenceTask, type InferenceTaskResult, multiInference } from "./multi-inference.js";
export { readExample } from "./read-example.js";
export { readInput } from "./read-input.js";
export { type Regression, regressionOf, regressionOutput } from "./regression.js";
export { writeExample } from "./write-example.js";
