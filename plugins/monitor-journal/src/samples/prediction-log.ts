import type { NamedTensors, RequestFinished, Tensor } from "@plinth/core";
import type { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import { TensorProto as TensorMessage } from "@plinth/protobuf-messages/tensorflow/tensor";
import { PredictionLog } from "@plinth/protobuf-messages/tensorflow_serving/prediction_log";
import { TENSORFLOW_TYPES } from "@plinth/tf-example";
import { isRedacted } from "./tensor-json.js";

const MILLISECONDS_PER_SECOND = 1_000;

/**
 * A request and its answer as TensorFlow Serving logs them, be it for another server's warm-up or for tools that read such logs. What is
 * redacted keeps its dtype and shape.
 *
 * @param share of the requests that are sampled
 */
export function predictionLog(event: RequestFinished, share: number, redact: readonly string[]): Uint8Array {
  const { model = "", version, signature = "", sample, startedAtMs } = event;
  const modelSpec = {
    name: model,
    versionChoice: version === undefined ? undefined : { $case: "version" as const, value: version },
    signatureName: signature,
  };
  const message = PredictionLog.fromPartial({
    logMetadata: {
      modelSpec,
      samplingConfig: { samplingRate: share },
      timestampSecs: BigInt(Math.floor(startedAtMs / MILLISECONDS_PER_SECOND)),
    },
    logType: {
      $case: "predictLog",
      value: {
        request: { modelSpec, inputs: protos(sample?.inputs, redact) },
        response: sample?.outputs && { modelSpec, outputs: protos(sample.outputs, redact) },
      },
    },
  });
  return PredictionLog.encode(message).finish();
}

function protos(tensors: NamedTensors | undefined, redact: readonly string[]): Map<string, TensorProto> {
  return new Map([...(tensors ?? [])].map(([name, tensor]) => [name, protoOf(tensor, isRedacted(name, redact))]));
}

function protoOf({ dtype, shape, data }: Tensor, redacted: boolean): TensorProto {
  const tensorShape = { dim: shape.map((size) => ({ size: BigInt(size), name: "" })), unknownRank: false };
  const head = { dtype: TENSORFLOW_TYPES[dtype].code, tensorShape };
  if (redacted) return TensorMessage.fromPartial(head);
  if (dtype === "string") return TensorMessage.fromPartial({ ...head, stringVal: [...data] });
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return TensorMessage.fromPartial({ ...head, tensorContent: bytes });
}
