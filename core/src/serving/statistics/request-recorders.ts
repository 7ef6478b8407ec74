import type { ErrorCode } from "../../model/errors.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { VersionRecorder } from "./version-recorder.js";

/** Where requests are counted. */
export interface RequestRecorders {
  /** The version's, the same one however often it is loaded. */
  recorder(model: string, version: ModelVersion): VersionRecorder;

  /** A request reached no version. @param model `undefined` where there is no such model */
  refused(model: string | undefined, code: ErrorCode): void;
}

/** Tells versions of models apart, whatever the names hold. */
export function versionKey(model: string, version: ModelVersion): string {
  return `${version}/${model}`;
}
