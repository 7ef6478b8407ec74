import { Client, type ClientDuplexStream, credentials, type Metadata, type ServiceError } from "@grpc/grpc-js";
import { EchoServer } from "@plinth/conformance";
import type { Route, ServerLimits } from "@plinth/core";
import { ModelInferRequest, ModelStreamInferResponse } from "@plinth/protobuf-messages/inference/grpc_service";
import type { MessageCodec } from "../../src/calls/service.js";
import { GrpcProtocol, grpcOptions } from "../../src/index.js";
import { SILENT } from "../silent-logger.js";

const LIMITS: ServerLimits = {
  maxRequestBytes: 10_000_000,
  requestTimeoutMs: 10_000,
  inferenceTimeoutMs: 10_000,
  maxConnections: 64,
};

/** What is generated for a unary method. */
interface UnaryDefinition<Request, Response> {
  readonly name: string;
  readonly requestType: MessageCodec<Request> & { fromPartial(partial: object): Request };
  readonly responseType: MessageCodec<Response>;
}

/** A gRPC protocol over a server that echoes, and a client of it. */
export class InferenceUnderTest implements AsyncDisposable {
  readonly server: EchoServer;
  readonly #protocol: GrpcProtocol;
  readonly #client: Client;

  private constructor(server: EchoServer, protocol: GrpcProtocol, url: string) {
    this.server = server;
    this.#protocol = protocol;
    this.#client = new Client(new URL(url).host, credentials.createInsecure());
  }

  static async start(options: object = {}, routes: readonly Route[] = []): Promise<InferenceUnderTest> {
    const settings = {
      host: "127.0.0.1",
      processes: 1,
      shutdownDeadlineMs: 1_000,
      pollIntervalMs: 1_000,
      memoryBudgetBytes: 0,
      loading: "eager" as const,
      idleUnloadMs: 0,
      protectedLabels: [],
      limits: LIMITS,
    };
    const parsed = grpcOptions.parse({ port: 0, ...options });
    const protocol = new GrpcProtocol({ options: parsed, settings, routes, logger: SILENT });
    const server = new EchoServer();
    const [endpoint] = await protocol.start(server, { signal: new AbortController().signal });
    return new InferenceUnderTest(server, protocol, endpoint?.url ?? "");
  }

  /** One call of a unary method; rejects with the status. */
  call<Request, Response>(
    { name, requestType, responseType }: UnaryDefinition<Request, Response>,
    request: object = {},
  ): Promise<Response> {
    const encoded = Buffer.from(requestType.encode(requestType.fromPartial(request)).finish());
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/inference.GRPCInferenceService/${name}`,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => responseType.decode(bytes),
        encoded,
        (error: ServiceError | null, value?: Response) => (value === undefined ? reject(error) : resolve(value)),
      );
    });
  }

  /** A `ModelStreamInfer`. */
  stream(metadata: Metadata): ClientDuplexStream<object, ModelStreamInferResponse> {
    return this.#client.makeBidiStreamRequest(
      "/inference.GRPCInferenceService/ModelStreamInfer",
      (request: object) => Buffer.from(ModelInferRequest.encode(ModelInferRequest.fromPartial(request)).finish()),
      (bytes: Buffer) => ModelStreamInferResponse.decode(bytes),
      metadata,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.letGo();
    this.#client.close();
    await this.#protocol[Symbol.asyncDispose]();
  }
}

/** Floats as they are in raw contents. */
export function rawFloats(...values: number[]): Buffer {
  return Buffer.from(new Float32Array(values).buffer);
}

/** Raw contents as floats. */
export function floatsOf(raw: Uint8Array | undefined): number[] {
  return [...new Float32Array(new Uint8Array(raw ?? []).buffer)];
}
