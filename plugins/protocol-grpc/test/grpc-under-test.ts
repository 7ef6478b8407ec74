import { Client, type ClientOptions, credentials, type Metadata, type ServiceError } from "@grpc/grpc-js";
import { EchoServer } from "@plinth/conformance";
import type { ConfigReload, Logger, ModelServer, Route, ServerLimits, ServerSettings } from "@plinth/core";
import { GrpcProtocol, grpcOptions } from "../src/index.js";
import { SILENT } from "./silent-logger.js";

const LIMITS: ServerLimits = {
  maxRequestBytes: 1 << 20,
  requestTimeoutMs: 10_000,
  inferenceTimeoutMs: 10_000,
  streamTimeoutMs: 10_000,
  maxConnections: 64,
};

const SETTINGS: ServerSettings = {
  host: "127.0.0.1",
  processes: 1,
  shutdownDeadlineMs: 1_000,
  pollIntervalMs: 1_000,
  memoryBudgetBytes: 0,
  loading: "eager",
  idleUnloadMs: 0,
  protectedLabels: [],
  managementTokens: new Map(),
  limits: LIMITS,
};

const NO_RELOAD: ConfigReload = { reload: refused, replaceModels: refused };

async function refused(): Promise<never> {
  throw new Error("this test applies no configuration");
}

/** What a test says of the server that it wants. */
export interface GrpcSetup<Model extends ModelServer = ModelServer> {
  readonly server?: Model;
  readonly limits?: Partial<ServerLimits>;
  readonly managementTokens?: ReadonlyMap<string, string>;
  /** As in a configuration. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly configReload?: ConfigReload;
  readonly routes?: readonly Route[];
  readonly logger?: Logger;
}

/** A protocol that is not started yet. */
export function grpcProtocol(
  settings: ServerSettings,
  options: Readonly<Record<string, unknown>>,
  {
    configReload = NO_RELOAD,
    routes = [],
    logger = SILENT,
  }: Pick<GrpcSetup, "configReload" | "routes" | "logger"> = {},
): GrpcProtocol {
  return new GrpcProtocol({
    options: grpcOptions.parse(options),
    settings,
    directory: "/",
    configReload,
    routes,
    logger,
  });
}

/** What ts-proto generates of a method. */
interface MethodDefinition<Request, Response> {
  readonly name: string;
  readonly requestType: { encode(message: Request): { finish(): Uint8Array }; fromPartial(object: object): Request };
  readonly responseType: { decode(bytes: Uint8Array): Response };
}

/** A gRPC server on a free port, with a client. */
export class GrpcUnderTest<Model extends ModelServer = EchoServer> implements AsyncDisposable {
  readonly server: Model;
  readonly protocol: GrpcProtocol;
  readonly urls: readonly string[];
  readonly client: Client;

  private constructor(server: Model, protocol: GrpcProtocol, urls: readonly string[]) {
    this.server = server;
    this.protocol = protocol;
    this.urls = urls;
    this.client = this.connect();
  }

  static async start<Model extends ModelServer = EchoServer>({
    server = new EchoServer() as ModelServer as Model,
    limits = {},
    managementTokens = new Map(),
    options = {},
    ...rest
  }: GrpcSetup<Model> = {}): Promise<GrpcUnderTest<Model>> {
    const settings = { ...SETTINGS, managementTokens, limits: { ...LIMITS, ...limits } };
    const protocol = grpcProtocol(settings, { port: 0, ...options }, rest);
    const endpoints = await protocol.start(server, { signal: new AbortController().signal });
    return new GrpcUnderTest(
      server,
      protocol,
      endpoints.map(({ url }) => url),
    );
  }

  /** Where a client of grpc-js finds it. */
  get address(): string {
    return addressOf(this.urls[0] ?? "");
  }

  connect(options: ClientOptions = {}): Client {
    return new Client(this.address, credentials.createInsecure(), options);
  }

  /** Calls a method with a message of its type; rejects with grpc-js's error. */
  call<Request, Response>(
    service: { readonly fullName: string },
    method: MethodDefinition<Request, Response>,
    request: object,
    metadata?: Metadata,
  ): Promise<Response> {
    const message = Buffer.from(method.requestType.encode(method.requestType.fromPartial(request)).finish());
    return unary(this.client, `/${service.fullName}/${method.name}`, message, metadata).then((bytes) => {
      return method.responseType.decode(bytes);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.protocol[Symbol.asyncDispose]();
  }
}

/** The address that grpc-js's clients take for what an endpoint says. */
export function addressOf(url: string): string {
  return url.replace(/^grpcs?:\/\//, "");
}

/** One unary call over bytes. */
export function unary(client: Client, path: string, message: Uint8Array, metadata?: Metadata): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const answered = (error: ServiceError | null, answer?: Buffer) =>
      error === null && answer !== undefined ? resolve(answer) : reject(error);
    const bytes = (value: Buffer) => value;
    if (metadata === undefined) client.makeUnaryRequest(path, bytes, bytes, Buffer.from(message), answered);
    else client.makeUnaryRequest(path, bytes, bytes, Buffer.from(message), metadata, answered);
  });
}
