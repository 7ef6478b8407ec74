import { askedVersions, PlinthError, type VersionState, type VersionStatus } from "@plinth/core";
import {
  ModelServiceDefinition,
  type ModelVersionStatus,
  ModelVersionStatus_State as State,
} from "@plinth/protobuf-messages/tensorflow_serving/model_service";
import { type Method, type Service, type UnaryMethod, unaryMethod } from "../calls/service.js";
import { codeOf } from "../calls/status.js";
import type { Surroundings } from "../surroundings.js";
import { modelsOf } from "./model-server-config.js";
import { askedModel } from "./model-spec-message.js";

/** TensorFlow Serving knows no state for a failed version: it says END, with the error. */
const STATES: Readonly<Record<VersionState, State>> = {
  start: State.START,
  loading: State.LOADING,
  available: State.AVAILABLE,
  unloading: State.UNLOADING,
  end: State.END,
  error: State.END,
};

const OK = { errorCode: 0, errorMessage: "" } as const;

/** What messages about a configuration that came by this call begin with. */
const FROM = "HandleReloadConfigRequest";

/** `tensorflow.serving.ModelService`: what versions there are, and which models are to be served. */
export function modelService(surroundings: Surroundings): Service {
  const { fullName, methods } = ModelServiceDefinition;
  return {
    name: fullName,
    methods: new Map<string, Method>([
      [methods.getModelStatus.name, statusMethod(surroundings)],
      [methods.handleReloadConfigRequest.name, reloadMethod(surroundings)],
    ]),
  };
}

function statusMethod({ server }: Surroundings): UnaryMethod {
  return unaryMethod(ModelServiceDefinition.methods.getModelStatus, ({ modelSpec }) => {
    const asked = askedModel(modelSpec);
    return { modelVersionStatus: askedVersions(server.status(asked.model), asked).map(versionStatusOf) };
  });
}

function versionStatusOf({ version, state, error }: VersionStatus): ModelVersionStatus {
  const status = error === undefined ? OK : { errorCode: codeOf(error), errorMessage: error.message };
  return { version, state: STATES[state], status };
}

/** Settles when every model that is new is available or has failed, as there; what was not changed is as it was. */
function reloadMethod({ configReload, managementTokens }: Surroundings): UnaryMethod {
  return unaryMethod(ModelServiceDefinition.methods.handleReloadConfigRequest, async ({ config }, caller) => {
    caller.checkManages(managementTokens);
    const models = modelsOf(config);
    const { unavailable } = await configReload.replaceModels(models, { from: FROM, signal: caller.signal });
    const failed = [...unavailable].filter(([name]) => Object.hasOwn(models, name));
    if (failed.length > 0) throw notAvailable(failed);
    return { status: OK, metric: [] };
  });
}

function notAvailable(failed: readonly (readonly [string, string])[]): PlinthError {
  return new PlinthError(
    "VERSION_NOT_AVAILABLE",
    `The configuration is applied, but ${failed.length} servable(s) did not become available: ${failed.map(([, why]) => why).join("; ")}`,
    { details: { models: failed.map(([name]) => name) } },
  );
}
