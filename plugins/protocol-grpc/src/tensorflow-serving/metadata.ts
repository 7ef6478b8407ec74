import { PlinthError, type ServableHandle, type Signature, type Tensor, type TensorSpec } from "@plinth/core";
import type { SignatureDef, TensorInfo } from "@plinth/protobuf-messages/tensorflow/saved_model";
import { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import {
  type GetModelMetadataResponse,
  PredictionServiceDefinition,
  SignatureDefMap,
} from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { type UnaryMethod, unaryMethod } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { WireWriter } from "../wire/wire-writer.js";
import { DATA_TYPES } from "./data-types.js";
import { askedModel } from "./model-spec-message.js";
import { measureTensor, writeTensor } from "./write-tensor.js";

/** The one field of metadata that there is. */
const SIGNATURE_DEF = "signature_def";

/** `GetModelMetadata`: the signatures of the version that would answer. */
export function metadataMethod({ server }: Surroundings): UnaryMethod {
  return unaryMethod(PredictionServiceDefinition.methods.getModelMetadata, async (request, caller) => {
    const { model, version, label } = askedModel(request.modelSpec);
    checkFields(request.metadataField);
    const { header, deadlineMs, signal } = caller;
    using handle = await server.acquire({ model, version, label, header, deadlineMs, signal });
    return metadataOf(handle);
  });
}

function checkFields(fields: readonly string[]): void {
  if (fields.length === 0) {
    throw new PlinthError(
      "REQUEST_INVALID",
      `GetModelMetadataRequest must specify at least one metadata_field: expected "${SIGNATURE_DEF}"`,
    );
  }
  const unknown = fields.find((field) => field !== SIGNATURE_DEF);
  if (unknown === undefined) return;
  throw new PlinthError("REQUEST_INVALID", `Metadata field ${unknown} is not supported: expected "${SIGNATURE_DEF}"`);
}

function metadataOf({ model, version, signatures }: ServableHandle): GetModelMetadataResponse {
  const signatureDef = new Map([...signatures].map(([name, signature]) => [name, signatureDefOf(signature)]));
  const value = SignatureDefMap.encode({ signatureDef }).finish();
  return {
    modelSpec: { name: model, versionChoice: { $case: "version", value: version }, signatureName: "" },
    metadata: new Map([[SIGNATURE_DEF, { typeUrl: "type.googleapis.com/tensorflow.serving.SignatureDefMap", value }]]),
  };
}

function signatureDefOf({ inputs, outputs, method }: Signature): SignatureDef {
  return {
    inputs: tensorInfosOf(inputs),
    outputs: tensorInfosOf(outputs),
    methodName: method,
    defaults: new Map([...inputs].flatMap(([name, spec]) => (spec.default ? [[name, protoOf(spec.default)]] : []))),
  };
}

function protoOf(tensor: Tensor): TensorProto {
  const measured = measureTensor(tensor, "values");
  const writer = new WireWriter(measured.bytes);
  writeTensor(writer, measured);
  return TensorProto.decode(writer.bytes);
}

function tensorInfosOf(specs: ReadonlyMap<string, TensorSpec>): Map<string, TensorInfo> {
  return new Map([...specs].map(([name, spec]) => [name, tensorInfoOf(name, spec)]));
}

function tensorInfoOf(name: string, { dtype, shape, graphName }: TensorSpec): TensorInfo {
  return {
    encoding: { $case: "name", value: graphName ?? name },
    dtype: DATA_TYPES[dtype].code,
    tensorShape: {
      dim: (shape ?? []).map((size) => ({ size: BigInt(size), name: "" })),
      unknownRank: shape === undefined,
    },
  };
}
