import { type ModelServer, type ModelStatus, type ModelTarget, PlinthError, type VersionStatus } from "@plinth/core";

/** `ModelVersionStatus` in TensorFlow Serving's JSON. */
interface VersionStatusJson {
  readonly version: string;
  readonly state: string;
  readonly status: { readonly error_code: string; readonly error_message: string };
}

/**
 * `GET /v1/models/<name>[/versions/<n>|/labels/<label>]`: the versions asked for, newest first.
 *
 * @throws PlinthError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `LABEL_NOT_FOUND`
 */
export function modelStatusJson(server: ModelServer, target: ModelTarget): unknown {
  const status = server.status(target.model);
  if (
    status === undefined ||
    (target.version === undefined && target.label === undefined && status.versions.length === 0)
  ) {
    throw new PlinthError(
      "MODEL_NOT_FOUND",
      `Could not find any versions of model ${target.model}${status?.error === undefined ? "" : `: ${status.error.message}`}`,
      { details: { model: target.model } },
    );
  }
  return { model_version_status: selected(status, target).map(versionStatusJson) };
}

/** `GET /v1/models`, which TensorFlow Serving does not have: every model by name, with the same status. */
export function modelListJson(server: ModelServer): unknown {
  return {
    models: server.models().map(({ model, versions }) => ({
      name: model,
      model_version_status: versions.map(versionStatusJson),
    })),
  };
}

function selected(status: ModelStatus, { version, label }: ModelTarget): readonly VersionStatus[] {
  const wanted = label === undefined ? version : labelled(status, label);
  if (wanted === undefined) return status.versions;
  const found = status.versions.filter((each) => each.version === wanted);
  if (found.length > 0) return found;
  throw new PlinthError("VERSION_NOT_FOUND", `Could not find version ${wanted} of model ${status.model}`, {
    details: { model: status.model, version: String(wanted) },
  });
}

function labelled({ model, labels }: ModelStatus, label: string): bigint {
  const version = labels.get(label);
  if (version !== undefined) return version;
  throw new PlinthError("LABEL_NOT_FOUND", `Unrecognized servable version label: ${label}`, {
    details: { model, label },
  });
}

/** TensorFlow Serving knows no state for a failed version: it says END with the error's code. */
function versionStatusJson({ version, state, error }: VersionStatus): VersionStatusJson {
  return {
    version: String(version),
    state: state === "error" ? "END" : state.toUpperCase(),
    status: { error_code: error?.code ?? "OK", error_message: error?.message ?? "" },
  };
}
