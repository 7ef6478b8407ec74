import { PlinthError } from "./errors.js";
import type { ModelVersion } from "./model-version.js";
import type { ModelStatus, VersionStatus } from "./version-state.js";

/**
 * The versions whose status a client asks for: one by its number or label, else all. The messages are in TensorFlow Serving's words.
 *
 * @param status of the model that is asked for; `undefined` where there is none
 * @throws PlinthError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `LABEL_NOT_FOUND`
 */
export function askedVersions(
  status: ModelStatus | undefined,
  asked: {
    readonly model: string;
    readonly version?: ModelVersion | undefined;
    readonly label?: string | undefined;
  },
): readonly VersionStatus[] {
  const { model, version, label } = asked;
  const wantsAll = version === undefined && label === undefined;
  if (status === undefined || (wantsAll && status.versions.length === 0)) {
    const why = status?.error === undefined ? "" : `: ${status.error.message}`;
    throw new PlinthError("MODEL_NOT_FOUND", `Could not find any versions of model ${model}${why}`, {
      details: { model },
    });
  }
  if (wantsAll) return status.versions;
  const wanted = label === undefined ? version : labelled(status, label);
  const found = status.versions.filter((each) => each.version === wanted);
  if (found.length > 0) return found;
  throw new PlinthError("VERSION_NOT_FOUND", `Could not find version ${wanted} of model ${model}`, {
    details: { model, version: String(wanted) },
  });
}

function labelled({ model, labels }: ModelStatus, label: string): ModelVersion {
  const version = labels.get(label);
  if (version !== undefined) return version;
  throw new PlinthError("LABEL_NOT_FOUND", `Unrecognized servable version label: ${label}`, {
    details: { model, label },
  });
}
