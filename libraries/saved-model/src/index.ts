export type { ConstantTensor, NumericTensor, Shape, StringTensor } from "./constant-tensor.js";
export { type ElementType, elementBytes } from "./element-type.js";
export type { Attribute, Graph, GraphFunction, GraphNode } from "./graph.js";
export { DEFAULT_LIMITS, type Limits } from "./limits.js";
export { type ReadOptions, readSavedModel } from "./read-saved-model.js";
export type {
  Callable,
  Fingerprint,
  InitialValue,
  LookupTable,
  ModelSignature,
  Resource,
  SavedModel,
  SignatureInput,
  SignatureOutput,
  StateVariable,
} from "./saved-model.js";
export { SavedModelError, type SavedModelErrorReason } from "./saved-model-error.js";
