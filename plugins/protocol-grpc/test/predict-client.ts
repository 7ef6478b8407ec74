import { Client, credentials } from "@grpc/grpc-js";
import { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import { PredictRequest, PredictResponse } from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { addressOf, unary } from "./grpc-under-test.js";

export const PREDICT = "/tensorflow.serving.PredictionService/Predict";

/** What the protocol suite asks the model `echo`. */
export const ECHO_REQUEST: Uint8Array = PredictRequest.encode(
  PredictRequest.fromPartial({
    modelSpec: { name: "echo" },
    inputs: new Map([
      ["x", TensorProto.fromPartial({ dtype: 1, tensorShape: { dim: [{ size: 2n }] }, floatVal: [1, 2] })],
    ]),
  }),
).finish();

/** Asks that of the server at a URL, and gives back the output. */
export async function predictEcho(url: string): Promise<readonly number[]> {
  const client = new Client(addressOf(url), credentials.createInsecure());
  try {
    return PredictResponse.decode(await unary(client, PREDICT, ECHO_REQUEST)).outputs.get("y")?.floatVal ?? [];
  } finally {
    client.close();
  }
}
