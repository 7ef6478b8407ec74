import { GRPCInferenceServiceDefinition } from "@plinth/protobuf-messages/inference/grpc_service";
import type { Service } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { documentMethods } from "./documents.js";
import { inferMethod, streamInferMethod } from "./infer.js";
import { repositoryMethods } from "./repository.js";
import { settingMethods } from "./settings.js";
import { sharedMemoryMethods } from "./shared-memory.js";

/** The Open Inference Protocol's service, with Triton's additions. */
export function inferenceServices(surroundings: Surroundings): readonly Service[] {
  const { fullName, methods } = GRPCInferenceServiceDefinition;
  return [
    {
      name: fullName,
      methods: new Map([
        [methods.modelInfer.name, inferMethod(surroundings)],
        [methods.modelStreamInfer.name, streamInferMethod(surroundings)],
        ...documentMethods(surroundings),
        ...repositoryMethods(surroundings),
        ...settingMethods(surroundings),
        ...sharedMemoryMethods,
      ]),
    },
  ];
}
