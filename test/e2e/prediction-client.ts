import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import {
  type ClassificationRequest,
  type ClassificationResponse,
  type MultiInferenceRequest,
  type MultiInferenceResponse,
  PredictionServiceDefinition,
  type RegressionRequest,
  type RegressionResponse,
} from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";

const { fullName, methods } = PredictionServiceDefinition;

interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

/** A client of TensorFlow Serving's PredictionService. */
export class PredictionClient implements Disposable {
  readonly #client: Client;

  /** @param url as an endpoint of the server says it, `grpc://127.0.0.1:8500` */
  constructor(url: string) {
    this.#client = new Client(new URL(url).host, credentials.createInsecure());
  }

  classify(request: ClassificationRequest): Promise<ClassificationResponse> {
    const { requestType, responseType } = methods.classify;
    return this.#call(methods.classify.name, requestType, responseType, request);
  }

  regress(request: RegressionRequest): Promise<RegressionResponse> {
    const { requestType, responseType } = methods.regress;
    return this.#call(methods.regress.name, requestType, responseType, request);
  }

  multiInference(request: MultiInferenceRequest): Promise<MultiInferenceResponse> {
    const { requestType, responseType } = methods.multiInference;
    return this.#call(methods.multiInference.name, requestType, responseType, request);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  #call<Request, Response>(
    method: string,
    requestType: Codec<Request>,
    responseType: Codec<Response>,
    request: Request,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/${fullName}/${method}`,
        (message: Request) => Buffer.from(requestType.encode(message).finish()),
        (bytes: Buffer) => responseType.decode(bytes),
        request,
        { deadline: Date.now() + 10_000 },
        (error: ServiceError | null, response?: Response) => {
          if (response === undefined) reject(error);
          else resolve(response);
        },
      );
    });
  }
}
