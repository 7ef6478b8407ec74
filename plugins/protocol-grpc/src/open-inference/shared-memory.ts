import { PlinthError } from "@plinth/core";
import { GRPCInferenceServiceDefinition } from "@plinth/protobuf-messages/inference/grpc_service";
import { type Method, unaryMethod } from "../calls/service.js";

const { methods } = GRPCInferenceServiceDefinition;

/** There are no regions of shared memory: they are listed, unregistered without effect, and not registered. */
export const sharedMemoryMethods: readonly (readonly [string, Method])[] = [
  [
    methods.systemSharedMemoryStatus.name,
    unaryMethod(methods.systemSharedMemoryStatus, () => ({ regions: new Map() })),
  ],
  [methods.cudaSharedMemoryStatus.name, unaryMethod(methods.cudaSharedMemoryStatus, () => ({ regions: new Map() }))],
  [methods.systemSharedMemoryUnregister.name, unaryMethod(methods.systemSharedMemoryUnregister, () => ({}))],
  [methods.cudaSharedMemoryUnregister.name, unaryMethod(methods.cudaSharedMemoryUnregister, () => ({}))],
  [methods.systemSharedMemoryRegister.name, unaryMethod(methods.systemSharedMemoryRegister, refuse)],
  [methods.cudaSharedMemoryRegister.name, unaryMethod(methods.cudaSharedMemoryRegister, refuse)],
];

function refuse(): never {
  throw new PlinthError("NOT_IMPLEMENTED", "Shared memory is not offered: send tensors with their requests");
}
