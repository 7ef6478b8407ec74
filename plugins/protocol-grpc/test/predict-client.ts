import { Client, credentials } from "@grpc/grpc-js";
import { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import { PredictRequest, PredictResponse } from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";

/** Asks the model `echo` for what the protocol suite asks. */
export async function predictEcho(url: string): Promise<readonly number[]> {
  const client = new Client(new URL(url).host, credentials.createInsecure());
  try {
    const request = PredictRequest.fromPartial({
      modelSpec: { name: "echo" },
      inputs: new Map([
        ["x", TensorProto.fromPartial({ dtype: 1, tensorShape: { dim: [{ size: 2n }] }, floatVal: [1, 2] })],
      ]),
    });
    const response = await new Promise<PredictResponse>((resolve, reject) => {
      client.makeUnaryRequest(
        "/tensorflow.serving.PredictionService/Predict",
        (message: PredictRequest) => Buffer.from(PredictRequest.encode(message).finish()),
        (bytes: Buffer) => PredictResponse.decode(bytes),
        request,
        (error, value) => (error === null && value !== undefined ? resolve(value) : reject(error)),
      );
    });
    return response.outputs.get("y")?.floatVal ?? [];
  } finally {
    client.close();
  }
}
