export { Backend, type LoadedModel, type LoadOptions, type RunCall } from "./extension-points/backend.js";
export { ChangeWatchers } from "./extension-points/change-watchers.js";
export { ConfigDirectory } from "./extension-points/config-directory.js";
export { ConfigReload, type ReloadReport } from "./extension-points/config-reload.js";
export {
  type ChangeOrigin,
  type Deployment,
  type DeploymentChange,
  type DeploymentState,
  Deployments,
  type HistoryQuery,
  type PublishedVersion,
  type RemoveModelOptions,
  type Revision,
  type RevisionAction,
  type ShadowRule,
  type TrafficRules,
  type VersionPolicy,
} from "./extension-points/deployments.js";
export {
  BackgroundHash,
  type FileHash,
  type FileRange,
  fileHash,
  type HashAlgorithm,
} from "./extension-points/file-hash.js";
export type { PieceMemory } from "./extension-points/file-pieces.js";
export { FilesInMemory } from "./extension-points/files-in-memory.js";
export { type CheckedFile, type CheckOptions, checkedFiles, MAX_FILES } from "./extension-points/incoming-files.js";
export { type LogFields, Logger } from "./extension-points/logger.js";
export { isLoopbackAddress } from "./extension-points/loopback-address.js";
export { checkManager, type ManagementCaller } from "./extension-points/management-access.js";
export {
  type DescribedBatching,
  type DescribedTensor,
  DescriptionFormat,
  type ModelDescription,
  type WarmUpCall,
} from "./extension-points/model-description.js";
export {
  type BatchingFacts,
  type InferCall,
  type InferResult,
  type InferTimings,
  ModelServer,
  type ModelTarget,
  type Readiness,
  type RequestOrigin,
  type ServableFacts,
  type ServableHandle,
  type StreamCall,
  type StreamedResult,
} from "./extension-points/model-server.js";
export {
  type BatchRun,
  type DeploymentChanged,
  type ErrorOccurred,
  Monitor,
  type RequestFinished,
  type RequestSample,
  type RequestTimings,
  type Sampling,
  type ServerEvent,
  type ShadowCompared,
  type StreamFigures,
  type VersionStateChanged,
} from "./extension-points/monitor.js";
export { outputSchema } from "./extension-points/output-schema.js";
export {
  type CheckContext,
  definePlugin,
  type OptionFinding,
  type OptionsSchema,
  PLUGIN_API_VERSION,
  type Plugin,
  type Registry,
  SECRET,
} from "./extension-points/plugin.js";
export { PROBLEM_TYPE, problemJson } from "./extension-points/problem-json.js";
export { type Endpoint, Protocol } from "./extension-points/protocol.js";
export { requestOrigin } from "./extension-points/request-origin.js";
export { requestPriority } from "./extension-points/request-priority.js";
export { type DescribedSchema, Route, type RouteContext, type RouteDescription } from "./extension-points/route.js";
export {
  type ConfigSetting,
  type ReloadAttempt,
  ServerConfiguration,
  type UsedPlugin,
} from "./extension-points/server-configuration.js";
export { type LoadingMode, type ServerLimits, ServerSettings } from "./extension-points/server-settings.js";
export {
  type DurationFigures,
  type LatencyFigures,
  type MemoryFigures,
  type ModelStatistics,
  type MonitorFigures,
  type ProcessFigures,
  type RequestTotals,
  type SeriesPoint,
  ServerStatistics,
  type VersionStatistics,
  type WindowFigures,
} from "./extension-points/server-statistics.js";
export { settledOrAborted } from "./extension-points/settled-or-aborted.js";
export { type PortGuest, SharedPort } from "./extension-points/shared-port.js";
export { SharedThread, type ThreadUse } from "./extension-points/shared-thread.js";
export {
  type FileEntry,
  type IncomingFile,
  type JsonValue,
  type ListOptions,
  MAX_SIDE_FILE_BYTES,
  ModelStorage,
  type OpenOptions,
  type PublishOptions,
  type RecordStore,
  type StorageCallOptions,
  type StorageStartOptions,
  type StoredModel,
  type StoredRecord,
  type StoredVersion,
  type VersionFiles,
} from "./extension-points/storage.js";
export { StorageCalls } from "./extension-points/storage-calls.js";
export {
  checkFilePath,
  checkRecordKey,
  checkRecordPrefix,
  checkRevision,
  checkSideFile,
  checkSideFileName,
  isAskedFor,
  MAX_FILE_PATH_BYTES,
  recordText,
} from "./extension-points/storage-names.js";
export { createToken, type Services, type Token } from "./extension-points/token.js";
export {
  type ConfigFault,
  type ConfigPath,
  FaultList,
  formatFault,
  type Location,
  type SourcePosition,
} from "./kernel/config/config-fault.js";
export type { KnownPlugin } from "./kernel/config/config-schema.js";
export type { LoadConfigOptions } from "./kernel/config/load-config.js";
export { suggestKey } from "./kernel/config/nearest-key.js";
export type { ModelConfig, PluginUse, ServerConfig } from "./kernel/config/server-config.js";
export {
  mappingOf,
  type SourceEntry,
  type SourceList,
  type SourceMapping,
  type SourceNode,
  type SourceScalar,
  treeOf,
} from "./kernel/config/source-tree.js";
export type { ReadConfig } from "./kernel/config-reloader.js";
export { composeConfig, configSchema, loadConfig, parseConfig, startServer, startStorage } from "./kernel/doors.js";
export type { RunningServer, StartOptions } from "./kernel/server.js";
export { askedVersions } from "./model/asked-versions.js";
export {
  allocateData,
  bytesPerElement,
  DTYPES,
  type DType,
  type DTypeData,
  dataFromBytes,
  holdsDType,
  partsPerElement,
} from "./model/dtype.js";
export {
  type CustomReason,
  ERROR_CODES,
  ERROR_REASONS,
  type ErrorCode,
  type ErrorReason,
  PlinthError,
  type PlinthErrorOptions,
} from "./model/errors.js";
export { checkModelName, isModelName, MAX_MODEL_NAME_BYTES } from "./model/model-name.js";
export {
  checkModelVersion,
  MAX_MODEL_VERSION,
  type ModelVersion,
  newestFirst,
  parseModelVersion,
} from "./model/model-version.js";
export { quotedNames } from "./model/quoted-names.js";
export {
  DEFAULT_SIGNATURE,
  missingInputs,
  PREDICT_METHOD,
  type Signature,
  type TensorSpec,
} from "./model/signature.js";
export { createTensor, elementCount, formatShape, type NamedTensors, type Tensor } from "./model/tensor.js";
export {
  canAnswer,
  type ModelStatus,
  type ShadowCounts,
  type VersionState,
  type VersionStatus,
} from "./model/version-state.js";
