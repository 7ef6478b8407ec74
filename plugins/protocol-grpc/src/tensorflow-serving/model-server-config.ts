import { isAbsolute } from "node:path";
import { PlinthError } from "@plinth/core";
import {
  type ModelConfig,
  type ModelServerConfig,
  ModelType,
} from "@plinth/protobuf-messages/tensorflow_serving/model_server_config";

/** The one platform that there is: which backend loads a model is decided by its files. */
const PLATFORM = "tensorflow";

type Models = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * The section `models` of a configuration that a ModelServerConfig stands for.
 *
 * @throws PlinthError `CONFIG_INVALID` with all that there cannot be here; what is wrong with the section itself shows when it is applied
 */
export function modelsOf(message: ModelServerConfig | undefined): Models {
  const { config } = message ?? {};
  if (config?.$case !== "modelConfigList") {
    throw new PlinthError("CONFIG_INVALID", "Expected a configuration with model_config_list, which names the models");
  }
  const faults: string[] = [];
  const models: Record<string, Readonly<Record<string, unknown>>> = Object.create(null);
  for (const [index, model] of config.value.config.entries()) {
    const found = [...nameFaults(model, models), ...faultsOf(model)];
    faults.push(...found.map((fault) => `model_config_list.config[${index}].${fault}`));
    if (found.length === 0) models[model.name] = sectionOf(model);
  }
  if (faults.length === 0) return models;
  throw new PlinthError("CONFIG_INVALID", faults.join("; "), { details: { faults } });
}

function nameFaults({ name }: ModelConfig, models: Models): readonly string[] {
  if (name === "" || name === "__proto__") return [`name: expected a name for the model, got ${name || "none"}`];
  return name in models ? [`name: the name ${JSON.stringify(name)} stands twice; names must differ`] : [];
}

function faultsOf({
  basePath,
  modelType,
  modelPlatform,
  modelVersionPolicy,
  loggingConfig,
}: ModelConfig): readonly string[] {
  const policy = modelVersionPolicy?.policyChoice;
  return [
    ...(isAbsolute(basePath)
      ? []
      : [
          `base_path: expected the absolute path of a folder, got ${basePath === "" ? "none" : JSON.stringify(basePath)}`,
        ]),
    ...(modelType !== ModelType.MODEL_TYPE_UNSPECIFIED && modelPlatform !== ""
      ? ["model_type: Illegal setting both model_type (deprecated) and model_platform; expected model_platform alone"]
      : []),
    ...(modelType === ModelType.OTHER ? ["model_type: expected TENSORFLOW, got OTHER"] : []),
    ...(modelPlatform === "" || modelPlatform === PLATFORM
      ? []
      : [
          `model_platform: expected "${PLATFORM}", since the files of a model say what loads it, got ${JSON.stringify(modelPlatform)}`,
        ]),
    ...(policy?.$case === "specific" && policy.value.versions.length === 0
      ? ["model_version_policy.specific: expected versions"]
      : []),
    ...(loggingConfig === undefined ? [] : ["logging_config: requests are not logged by this call; leave it out"]),
  ];
}

function sectionOf({ basePath, modelVersionPolicy, versionLabels }: ModelConfig): Readonly<Record<string, unknown>> {
  const policy = modelVersionPolicy?.policyChoice;
  return {
    path: basePath,
    ...(policy?.$case === "all" && { versions: "all" }),
    // 0 is what TensorFlow Serving takes for 1.
    ...(policy?.$case === "latest" && { versions: { latest: Math.max(1, policy.value.numVersions) } }),
    ...(policy?.$case === "specific" && { versions: policy.value.versions.map(plainNumber) }),
    ...(versionLabels.size > 0 && { labels: labelsOf(versionLabels) }),
  };
}

function labelsOf(labels: ReadonlyMap<string, bigint>): Readonly<Record<string, unknown>> {
  return Object.assign(
    Object.create(null),
    Object.fromEntries([...labels].map(([label, version]) => [label, plainNumber(version)])),
  );
}

/** As the configuration's own numbers: bigint only where a number would not be exact. */
function plainNumber(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
