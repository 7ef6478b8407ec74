export { checkInputs, checkShape } from "./check-inputs.js";
export { chooseSignature, type NamedSignature } from "./choose-signature.js";
export { classify } from "./classification.js";
export { datatypeOf, dtypeOf, knownDtype } from "./datatypes.js";
export { protocolError } from "./errors.js";
export {
  type AnsweredOutput,
  type AnswerStream,
  type Arrival,
  type InferenceAnswer,
  infer,
  inferOnce,
  inferStream,
  refuseSharedMemory,
} from "./infer.js";
export type { InferenceRequest, InputForm, NamedTensor, RequestedOutput } from "./inference-request.js";
export { MAIN_PROCESS_ROUTES, type MainProcess, type MainProcessOptions } from "./main-process-routes.js";
export {
  type ModelMetadata,
  modelMetadata,
  platformOf,
  type ServerMetadata,
  serverMetadata,
  type TensorMetadata,
} from "./metadata.js";
export { type ConfigTensor, type JsonFields, type ModelConfig, modelConfig, NO_BATCH_LIMIT } from "./model-config.js";
export { checkReady } from "./model-ready.js";
export {
  NO_PARAMETERS,
  type Parameters,
  type ParameterValue,
  type RequestSettings,
  readRequestParameters,
  unsigned,
} from "./parameters.js";
export { prefixedStrings, readPrefixedStrings } from "./prefixed-strings.js";
export { rawBytes, readRawTensor } from "./raw-tensor.js";
export { readObject } from "./read-object.js";
export { loadModel, type Repository, unloadModel } from "./repository-control.js";
export { type IndexEntry, type IndexState, repositoryIndex } from "./repository-index.js";
export { type FixedSettings, LOG_SETTINGS, refuseChanges, TRACE_SETTINGS } from "./settings.js";
export {
  type BatchStatistics,
  type InferenceStatistic,
  type StatisticDuration,
  type StatisticsDocument,
  type StatisticsSource,
  statisticsDocument,
  type VersionStatisticsDocument,
} from "./statistics.js";
export { modelTarget } from "./target.js";
