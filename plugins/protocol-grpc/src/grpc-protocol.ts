import { setMaxListeners } from "node:events";
import { resolve } from "node:path";
import { type Server, ServerCredentials } from "@grpc/grpc-js";
import {
  type ConfigReload,
  type Endpoint,
  type Logger,
  type ModelServer,
  PlinthError,
  type Protocol,
  type Route,
  type ServerSettings,
  type SharedPort,
  settledOrAborted,
} from "@plinth/core";
import { ReloadedTls } from "@plinth/server-tls";
import { ArrivalWatch } from "./calls/arrival-watch.js";
import { createServer } from "./calls/create-server.js";
import { SignalPool } from "./calls/signal-pool.js";
import type { UnaryCall } from "./calls/unary-call.js";
import { channelOptions } from "./channel-options.js";
import { type Address, Listener } from "./listening/listener.js";
import { ReloadedCredentials } from "./listening/reloaded-credentials.js";
import { SharedPortGuest } from "./listening/shared-port.js";
import type { GrpcOptions } from "./options.js";
import { allServices } from "./services.js";

export interface GrpcProtocolOptions {
  readonly options: GrpcOptions;
  readonly settings: ServerSettings;
  /** Paths in the options are relative to it. */
  readonly directory: string;
  readonly configReload: ConfigReload;
  readonly routes: readonly Route[];
  /** Where the options ask for a shared one. */
  readonly sharedPort?: SharedPort | undefined;
  readonly logger: Logger;
}

/**
 * TensorFlow Serving's services and the Open Inference Protocol's over gRPC.
 *
 * It listens by itself, or is a guest on a port where another protocol does, and hands the connections to grpc-js, so that their number is
 * bounded and their sockets can be cut.
 */
export class GrpcProtocol implements Protocol {
  readonly name = "grpc";
  readonly #options: GrpcProtocolOptions;
  readonly #listeners: Listener[] = [];
  readonly #guest = new SharedPortGuest();
  /** What ends with the server, beside it and the listeners. */
  readonly #held: Disposable[] = [];
  readonly #draining = new AbortController();
  #grpc: Server | undefined;

  constructor(options: GrpcProtocolOptions) {
    this.#options = options;
    // As many as there are calls that go on without end.
    setMaxListeners(0, this.#draining.signal);
    options.sharedPort?.admit(this.#guest);
  }

  async start(server: ModelServer, { signal }: { readonly signal: AbortSignal }): Promise<readonly Endpoint[]> {
    signal.throwIfAborted();
    const { options, settings, configReload, routes, logger } = this.#options;
    const { limits, managementTokens } = settings;
    const credentials = await this.#credentials();
    const arrivals = new ArrivalWatch<UnaryCall>(limits.requestTimeoutMs, (call) => call.fail(tooSlow()));
    this.#held.push(arrivals);
    const services = allServices({
      server,
      configReload,
      routes,
      draining: this.#draining.signal,
      limits,
      managementTokens,
      options,
      logger,
    });
    const calls = { limits, logger, arrivals, signals: new SignalPool() };
    const grpc = createServer(services, calls, channelOptions(limits, options));
    this.#grpc = grpc;
    const injector = grpc.createConnectionInjector(credentials);
    const take = injector.injectConnection.bind(injector);
    try {
      for (const address of this.#addresses()) {
        this.#listeners.push(await Listener.start({ address, maxConnections: limits.maxConnections, signal, take }));
      }
    } catch (thrown) {
      await this[Symbol.asyncDispose]();
      throw thrown;
    }
    this.#guest.open(take);
    const scheme = options.tls === undefined ? "grpc" : "grpcs";
    return this.#listeners.map(({ address }) => ({ url: urlOf(scheme, address) }));
  }

  async drain({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const grpc = this.#grpc;
    if (grpc === undefined) return;
    this.#guest.close();
    for (const listener of this.#listeners) listener.close();
    this.#draining.abort();
    const finished = new Promise<void>((resolve) => grpc.tryShutdown(() => resolve()));
    await settledOrAborted(finished, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#draining.abort();
    this.#guest.close();
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    this.#grpc?.forceShutdown();
    await Promise.all(this.#listeners.splice(0).map((listener) => listener[Symbol.asyncDispose]()));
  }

  #addresses(): readonly Address[] {
    const { options, settings, directory } = this.#options;
    const { port, socketPath } = options;
    return [
      ...(typeof port === "number" ? [{ host: settings.host, port }] : []),
      ...(socketPath === undefined ? [] : [{ path: resolve(directory, socketPath) }]),
    ];
  }

  async #credentials(): Promise<ServerCredentials> {
    const { options, directory, logger } = this.#options;
    if (options.tls === undefined) return ServerCredentials.createInsecure();
    const tls = await ReloadedTls.open({ tls: options.tls, directory, logger });
    this.#held.push(tls);
    return new ReloadedCredentials(tls);
  }
}

function urlOf(scheme: string, address: Address): string {
  if ("path" in address) return `unix:${address.path}`;
  const { host, port } = address;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function tooSlow(): PlinthError {
  return new PlinthError(
    "DEADLINE_EXCEEDED",
    "The request did not arrive whole in time (server.limits.requestTimeoutMs)",
  );
}
