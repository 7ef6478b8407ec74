import { PredictionServiceDefinition } from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import type { Method, Service } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { classifyMethod, multiInferenceMethod, regressMethod } from "./examples.js";
import { metadataMethod } from "./metadata.js";
import { modelService } from "./model-service.js";
import { predictMethod } from "./predict.js";

/** TensorFlow Serving's services. */
export function servingServices(surroundings: Surroundings): readonly Service[] {
  const { methods, fullName } = PredictionServiceDefinition;
  return [
    {
      name: fullName,
      methods: new Map<string, Method>([
        [methods.predict.name, predictMethod(surroundings)],
        [methods.getModelMetadata.name, metadataMethod(surroundings)],
        [methods.classify.name, classifyMethod(surroundings)],
        [methods.regress.name, regressMethod(surroundings)],
        [methods.multiInference.name, multiInferenceMethod(surroundings)],
      ]),
    },
    modelService(surroundings),
  ];
}
