import type { ModelSpec as ModelSpecMessage } from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { checkModelSpec, type ModelSpec } from "./model-spec.js";

/** A generated `ModelSpec` as what is asked. @throws PlinthError `REQUEST_INVALID` where no model is named */
export function askedModel(message: ModelSpecMessage | undefined): ModelSpec {
  if (message === undefined) return checkModelSpec(undefined);
  const { name, versionChoice, signatureName } = message;
  return checkModelSpec({
    model: name,
    version: versionChoice?.$case === "version" ? versionChoice.value : undefined,
    label: versionChoice?.$case === "versionLabel" ? versionChoice.value : undefined,
    signature: signatureName || undefined,
  });
}
