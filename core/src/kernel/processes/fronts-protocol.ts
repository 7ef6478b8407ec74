import type { Logger } from "../../extension-points/logger.js";
import type { Endpoint, Protocol } from "../../extension-points/protocol.js";
import type { Route } from "../../extension-points/route.js";
import type { FrontFleet } from "../../serving/fronts/front-fleet.js";
import type { ModelBroadcast } from "../../serving/fronts/model-broadcast.js";
import type { ServerEvents } from "../../serving/server-events.js";
import type { ServerConfig } from "../config/server-config.js";
import { protocolFacts, routeFacts } from "./front-facts.js";
import { RouteHost } from "./route-host.js";

export interface FrontsProtocolOptions {
  readonly fleet: FrontFleet;
  readonly broadcast: ModelBroadcast;
  readonly config: ServerConfig;
  /** What plugins provide; answered here for all fronts. */
  readonly routes: readonly Route[];
  readonly events: ServerEvents;
  readonly logger: Logger;
}

/** All configured protocols, spoken by several processes: to the server one protocol like any other. */
export class FrontsProtocol implements Protocol {
  readonly name = "fronts";
  readonly #options: FrontsProtocolOptions;
  readonly #routes: RouteHost;

  constructor(options: FrontsProtocolOptions) {
    this.#options = options;
    this.#routes = new RouteHost(options.routes, options.logger);
  }

  async start(_server: unknown, { signal }: { readonly signal: AbortSignal }): Promise<readonly Endpoint[]> {
    const { fleet, broadcast, config, routes, events } = this.#options;
    const facts = {
      protocols: config.protocols.map(protocolFacts),
      settings: config.server,
      directory: config.directory,
      routes: await routeFacts(routes),
      routesPath: await this.#routes.start(),
      isObserved: events.observed,
      sampling: events.sampling(),
      ignoresSuccess: !events.successObserved,
    };
    return untilAborted(fleet.start({ facts, introduce: (front) => broadcast.introduce(front) }), signal);
  }

  async drain({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { fleet, config } = this.#options;
    await fleet.drain(config.server.shutdownDeadlineMs, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.fleet[Symbol.asyncDispose]();
    await this.#routes[Symbol.asyncDispose]();
  }
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener("abort", abort);
  }
}
