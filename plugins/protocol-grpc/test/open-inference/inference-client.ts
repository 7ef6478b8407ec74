import type { ClientDuplexStream, Metadata } from "@grpc/grpc-js";
import {
  GRPCInferenceServiceDefinition,
  ModelInferRequest,
  ModelStreamInferResponse,
} from "@plinth/protobuf-messages/inference/grpc_service";
import type { MessageCodec } from "../../src/calls/service.js";
import { type GrpcSetup, GrpcUnderTest } from "../grpc-under-test.js";

/** What is generated for a unary method. */
interface UnaryDefinition<Request, Response> {
  readonly name: string;
  readonly requestType: MessageCodec<Request> & { fromPartial(partial: object): Request };
  readonly responseType: MessageCodec<Response>;
}

/** A gRPC protocol over a server that echoes, and a client of the inference service. */
export class InferenceUnderTest implements AsyncDisposable {
  readonly #grpc: GrpcUnderTest;

  private constructor(grpc: GrpcUnderTest) {
    this.#grpc = grpc;
  }

  static async start(setup: GrpcSetup = {}): Promise<InferenceUnderTest> {
    return new InferenceUnderTest((await GrpcUnderTest.start(setup)) as GrpcUnderTest);
  }

  get server(): GrpcUnderTest["server"] {
    return this.#grpc.server;
  }

  /** One call of a unary method; rejects with the status. */
  call<Request, Response>(method: UnaryDefinition<Request, Response>, request: object = {}): Promise<Response> {
    return this.#grpc.call(GRPCInferenceServiceDefinition, method, request);
  }

  /** A `ModelStreamInfer`. */
  stream(metadata: Metadata): ClientDuplexStream<object, ModelStreamInferResponse> {
    return this.#grpc.client.makeBidiStreamRequest(
      "/inference.GRPCInferenceService/ModelStreamInfer",
      (request: object) => Buffer.from(ModelInferRequest.encode(ModelInferRequest.fromPartial(request)).finish()),
      (bytes: Buffer) => ModelStreamInferResponse.decode(bytes),
      metadata,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.letGo();
    await this.#grpc[Symbol.asyncDispose]();
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
