import { once } from "node:events";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import { type ConnectionInjector, Server, ServerCredentials } from "@grpc/grpc-js";
import type { Endpoint, Logger, ModelServer, Protocol, Route, ServerSettings } from "@plinth/core";
import { addService } from "./calls/add-service.js";
import { channelOptions } from "./channel-options.js";
import type { GrpcOptions } from "./options.js";
import { allServices } from "./services.js";

export interface GrpcProtocolOptions {
  readonly options: GrpcOptions;
  readonly settings: ServerSettings;
  readonly routes: readonly Route[];
  readonly logger: Logger;
}

/**
 * TensorFlow Serving's services and the Open Inference Protocol's over gRPC.
 *
 * It listens by itself and hands the connections to grpc-js, so that their number is bounded and their sockets can be closed.
 */
export class GrpcProtocol implements Protocol {
  readonly name = "grpc";
  readonly #options: GrpcProtocolOptions;
  readonly #sockets = new Set<Socket>();
  #net: NetServer | undefined;
  #grpc: Server | undefined;

  constructor(options: GrpcProtocolOptions) {
    this.#options = options;
  }

  async start(server: ModelServer, { signal }: { readonly signal: AbortSignal }): Promise<readonly Endpoint[]> {
    signal.throwIfAborted();
    const { options, settings, routes, logger } = this.#options;
    const { host, limits } = settings;
    const grpc = new Server(channelOptions(limits));
    const surroundings = { server, routes, limits, options, logger };
    for (const service of allServices(surroundings)) addService(grpc, service, surroundings);
    const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    const net = createServer({ noDelay: true }, (socket) => this.#take(socket, injector));
    net.maxConnections = limits.maxConnections;
    this.#grpc = grpc;
    this.#net = net;
    net.listen({ port: options.port, host });
    await once(net, "listening", { signal });
    const { port } = net.address() as AddressInfo;
    return [{ url: `grpc://${host.includes(":") ? `[${host}]` : host}:${port}` }];
  }

  async drain({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const grpc = this.#grpc;
    if (grpc === undefined) return;
    this.#net?.close();
    const finished = new Promise<void>((resolve) => grpc.tryShutdown(() => resolve()));
    await Promise.race([finished, aborted(signal)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const net = this.#net;
    if (net === undefined) return;
    this.#grpc?.forceShutdown();
    const closed = net.listening ? new Promise<void>((resolve) => net.close(() => resolve())) : Promise.resolve();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #take(socket: Socket, injector: ConnectionInjector): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    injector.injectConnection(socket);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
