import { askedVersions, type ModelServer, type ModelTarget, type VersionStatus } from "@plinth/core";

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
  return { model_version_status: askedVersions(server.status(target.model), target).map(versionStatusJson) };
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

/** TensorFlow Serving knows no state for a failed version: it says END with the error's code. */
function versionStatusJson({ version, state, error }: VersionStatus): VersionStatusJson {
  return {
    version: String(version),
    state: state === "error" ? "END" : state.toUpperCase(),
    status: { error_code: error?.code ?? "OK", error_message: error?.message ?? "" },
  };
}
