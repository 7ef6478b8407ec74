import { HealthDefinition } from "@plinth/protobuf-messages/grpc/health/v1/health";
import { GRPCInferenceServiceDefinition, ModelInferRequest } from "@plinth/protobuf-messages/inference/grpc_service";
import { Feature } from "@plinth/protobuf-messages/tensorflow/example";
import { DataType, TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import {
  PredictionServiceDefinition,
  PredictRequest,
} from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { describe, expect, it } from "vitest";

describe("messages", () => {
  it("stand on the wire as their field numbers say", () => {
    const tensor = TensorProto.fromPartial({
      dtype: DataType.DT_INT64,
      tensorShape: { dim: [{ size: 2n }] },
      int64Val: [1n, -1n],
    });
    const bytes = TensorProto.encode(tensor).finish();
    expect(Buffer.from(bytes).toString("hex")).toBe(`080912041202080252${"0b"}01${"ff".repeat(9)}01`);
    expect(TensorProto.decode(bytes)).toEqual(tensor);
  });

  it("give bytes as views of what was read", () => {
    const bytes = ModelInferRequest.encode(
      ModelInferRequest.fromPartial({ modelName: "m", rawInputContents: [new Uint8Array([1, 2, 3])] }),
    ).finish();
    const [raw] = ModelInferRequest.decode(bytes).rawInputContents;
    expect(raw?.buffer).toBe(bytes.buffer);
    expect(raw).toEqual(new Uint8Array([1, 2, 3]));
  });

  it("tell which of several fields was set, and none where none was", () => {
    const request = PredictRequest.fromPartial({
      modelSpec: { name: "m", versionChoice: { $case: "version", value: 3n } },
    });
    expect(PredictRequest.decode(PredictRequest.encode(request).finish()).modelSpec?.versionChoice).toEqual({
      $case: "version",
      value: 3n,
    });
    expect(Feature.decode(new Uint8Array()).kind).toBeUndefined();
  });

  it("skip fields that they do not know", () => {
    expect(TensorProto.decode(Buffer.from("0801fa0703010203", "hex")).dtype).toBe(DataType.DT_FLOAT);
  });
});

describe("services", () => {
  it.each([
    ["tensorflow.serving.PredictionService", PredictionServiceDefinition, 5],
    ["inference.GRPCInferenceService", GRPCInferenceServiceDefinition, 20],
    ["grpc.health.v1.Health", HealthDefinition, 2],
  ])("%s is described with its methods", (name, definition, methods) => {
    expect(definition.fullName).toBe(name);
    expect(Object.keys(definition.methods)).toHaveLength(methods);
  });
});
