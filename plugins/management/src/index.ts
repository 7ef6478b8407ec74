export type { ManagementOptions } from "./options.js";
export { plugin } from "./plugin.js";
export type {
  Health,
  Label,
  LabelList,
  Model,
  ModelList,
  Problem,
  Published,
  ReloadReportDocument,
  RevisionDocument,
  RevisionList,
  Traffic,
  TrafficRulesDocument,
  Upload,
  UploadFile,
  UploadList,
  Version,
  VersionFileList,
  VersionList,
} from "./resources.js";
export type { ConfigurationDocument, PluginListDocument, StorageStateDocument } from "./server-resources.js";
export type { DescribedVersion, SignatureDocument, TensorSpecDocument } from "./signature-resources.js";
export type {
  ModelStatisticsDocument,
  ServerStatisticsDocument,
  VersionStatisticsDocument,
} from "./statistics-resources.js";
