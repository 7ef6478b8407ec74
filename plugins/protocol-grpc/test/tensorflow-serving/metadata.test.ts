import { status } from "@grpc/grpc-js";
import {
  PredictionServiceDefinition,
  SignatureDefMap,
} from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FunctionsServer } from "../functions-server.js";
import { GrpcUnderTest } from "../grpc-under-test.js";
import { halfPlusTwo, VERSION } from "../half-plus-two.js";

let grpc: GrpcUnderTest<FunctionsServer>;

beforeAll(async () => {
  grpc = await GrpcUnderTest.start({ server: new FunctionsServer([halfPlusTwo()]) });
});

afterAll(() => grpc[Symbol.asyncDispose]());

function metadata(request: object) {
  return grpc.call(PredictionServiceDefinition, PredictionServiceDefinition.methods.getModelMetadata, request);
}

const MODEL_SPEC = { name: "half_plus_two" };

describe("GetModelMetadata", () => {
  it("P21 H03 tells the signatures of the version that would answer, and nothing else", async () => {
    const answer = await metadata({ modelSpec: MODEL_SPEC, metadataField: ["signature_def"] });
    const versionChoice = { $case: "version", value: VERSION };
    expect(answer.modelSpec).toEqual({ ...MODEL_SPEC, versionChoice, signatureName: "" });
    expect([...answer.metadata.keys()]).toEqual(["signature_def"]);
    const any = answer.metadata.get("signature_def");
    expect(any?.typeUrl).toBe("type.googleapis.com/tensorflow.serving.SignatureDefMap");
    const { signatureDef } = SignatureDefMap.decode(any?.value ?? new Uint8Array());
    expect([...signatureDef.keys()]).toEqual(["serving_default", "regress_x2_to_y3", "classify_x2_to_y3"]);
    expect(signatureDef.get("serving_default")).toEqual({
      inputs: new Map([
        [
          "x",
          {
            encoding: { $case: "name", value: "x:0" },
            dtype: 1,
            tensorShape: {
              dim: [
                { size: -1n, name: "" },
                { size: 1n, name: "" },
              ],
              unknownRank: false,
            },
          },
        ],
      ]),
      outputs: new Map([
        ["y", { encoding: { $case: "name", value: "y" }, dtype: 1, tensorShape: { dim: [], unknownRank: true } }],
      ]),
      methodName: "tensorflow/serving/predict",
      defaults: new Map(),
    });
  });

  it.each<[string, object, number]>([
    ["P19 no field", { modelSpec: MODEL_SPEC }, status.INVALID_ARGUMENT],
    [
      "P19 a field that is not there",
      { modelSpec: MODEL_SPEC, metadataField: ["some_stuff"] },
      status.INVALID_ARGUMENT,
    ],
    ["P20 no model_spec", { metadataField: ["signature_def"] }, status.INVALID_ARGUMENT],
    ["P20 no name", { modelSpec: {}, metadataField: ["signature_def"] }, status.INVALID_ARGUMENT],
    ["P20 an unknown name", { modelSpec: { name: "foo" }, metadataField: ["signature_def"] }, status.NOT_FOUND],
  ])("%s is refused", async (_what, request, code) => {
    await expect(metadata(request)).rejects.toMatchObject({ code });
  });
});
