import type { ModelServer, ServableHandle, TensorSpec } from "@plinth/core";
import { canAnswer } from "@plinth/core";
import { chooseSignature } from "./choose-signature.js";
import { datatypeOf } from "./datatypes.js";

/** What a server says of itself. */
export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  /** Parts of the protocol beyond its core, by the names that Triton gives them. */
  readonly extensions: readonly string[];
}

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** -1 is any length. Empty also where not even the rank is known: the protocol has no word for that. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  /** Those that can answer, newest first. */
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

const EXTENSIONS = [
  "classification",
  "model_repository",
  "schedule_policy",
  "model_configuration",
  "binary_tensor_data",
  "parameters",
  "statistics",
] as const;

export function serverMetadata(name: string, version: string): ServerMetadata {
  return { name, version, extensions: EXTENSIONS };
}

/** The signature that requests mean which name none. @throws PlinthError `SIGNATURE_NOT_FOUND` where there is no such one */
export function modelMetadata(handle: ServableHandle, server: ModelServer): ModelMetadata {
  const { inputs, outputs } = chooseSignature(handle).signature;
  const versions = server.status(handle.model)?.versions ?? [];
  return {
    name: handle.model,
    versions: versions.filter(canAnswer).map(({ version }) => String(version)),
    platform: platformOf(handle.backend),
    inputs: [...inputs].map(tensorMetadata),
    outputs: [...outputs].map(tensorMetadata),
  };
}

function tensorMetadata([name, { dtype, shape }]: readonly [string, TensorSpec]): TensorMetadata {
  return { name, datatype: datatypeOf(dtype), shape: shape ?? [] };
}

/** What Triton calls the platform, where it has the backend as well; else the backend's own name. */
export function platformOf(backend: string): string {
  return backend === "onnx" ? "onnxruntime_onnx" : backend;
}
