import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { HealthDefinition } from "@plinth/protobuf-messages/grpc/health/v1/health";
import { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import { ModelServiceDefinition } from "@plinth/protobuf-messages/tensorflow_serving/model_service";
import {
  PredictionServiceDefinition,
  type PredictResponse,
} from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";

/** What ts-proto generates of a method. */
interface MethodDefinition<Request, Response> {
  readonly name: string;
  readonly requestType: {
    encode(message: Request): { finish(): Uint8Array };
    fromPartial(object: object): Request;
  };
  readonly responseType: { decode(bytes: Uint8Array): Response };
}

/** A client of TensorFlow Serving's services over one connection. */
export class ServingClient implements Disposable {
  readonly #client: Client;

  /**
   * @param url as the server says where it listens
   * @param authority whose certificate it shows over TLS, as PEM
   */
  constructor(url: string, authority?: Buffer) {
    const address = url.replace(/^grpcs?:\/\//, "").replace("0.0.0.0", "127.0.0.1");
    const channel = authority === undefined ? credentials.createInsecure() : credentials.createSsl(authority);
    // Each client has a connection of its own, also to the same server.
    this.#client = new Client(address, channel, { "grpc.use_local_subchannel_pool": 1 });
  }

  predict(
    model: string,
    inputs: Readonly<Record<string, TensorProto>>,
    spec: object = {},
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<PredictResponse> {
    const request = { modelSpec: { name: model, ...spec }, inputs: new Map(Object.entries(inputs)) };
    return this.call(PredictionServiceDefinition, PredictionServiceDefinition.methods.predict, request, metadata);
  }

  async health(service: string): Promise<number> {
    return (await this.call(HealthDefinition, HealthDefinition.methods.check, { service })).status;
  }

  /** Has these models be the only ones, each from a folder. */
  async replaceModels(folders: Readonly<Record<string, string>>): Promise<void> {
    const config = Object.entries(folders).map(([name, basePath]) => ({ name, basePath }));
    const { handleReloadConfigRequest } = ModelServiceDefinition.methods;
    await this.call(ModelServiceDefinition, handleReloadConfigRequest, {
      config: { config: { $case: "modelConfigList", value: { config } } },
    });
  }

  call<Request, Response>(
    { fullName }: { readonly fullName: string },
    { name, requestType, responseType }: MethodDefinition<Request, Response>,
    request: object,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const message = Buffer.from(requestType.encode(requestType.fromPartial(request)).finish());
    const sent = new Metadata();
    for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/${fullName}/${name}`,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => responseType.decode(bytes),
        message,
        sent,
        (error: ServiceError | null, answer?: Response) =>
          error === null && answer !== undefined ? resolve(answer) : reject(error),
      );
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** A tensor of float32 in `float_val`. */
export function floats(values: readonly number[], ...shape: readonly number[]): TensorProto {
  const dim = shape.map((size) => ({ size: BigInt(size) }));
  return TensorProto.fromPartial({ dtype: 1, tensorShape: { dim }, floatVal: [...values] });
}
