import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { ConfigDirectory } from "../../extension-points/config-directory.js";
import { ConfigReload } from "../../extension-points/config-reload.js";
import { Logger } from "../../extension-points/logger.js";
import { ModelServer } from "../../extension-points/model-server.js";
import { type Endpoint, Protocol } from "../../extension-points/protocol.js";
import { Route } from "../../extension-points/route.js";
import { ServerSettings } from "../../extension-points/server-settings.js";
import type { Token } from "../../extension-points/token.js";
import { PlinthError } from "../../model/errors.js";
import type {
  FrontDuties,
  LoadedCopy,
  LoadOrder,
  MainDuties,
  RunOrder,
  ServableId,
  StreamOrder,
} from "../../serving/fronts/duties.js";
import { ForwardedEvents } from "../../serving/fronts/forwarded-events.js";
import { FrontModels } from "../../serving/fronts/front-models.js";
import type { ModelSnapshot } from "../../serving/fronts/model-snapshot.js";
import { Peer, type PeerMessage } from "../../serving/fronts/peer.js";
import { LocalModelServer } from "../../serving/local-model-server.js";
import { ServerEvents } from "../../serving/server-events.js";
import { FrontStatistics } from "../../serving/statistics/front-statistics.js";
import { DisposerStack } from "../disposer-stack.js";
import { runAll } from "../failures.js";
import { registerPlugin } from "../plugin-registration.js";
import { loadPlugin } from "../plugins/load-plugin.js";
import { ServiceContainer } from "../service-container.js";
import { startable } from "../startable.js";
import { ForwardingLogger } from "../workers/forwarding-logger.js";
import { makeBackend } from "../workers/make-backend.js";
import { recipeOf, type WorkerBoot } from "../workers/worker-boot.js";
import { forwardedRoute } from "./forwarded-route.js";
import type { FrontFacts } from "./front-facts.js";

/** How long a front waits for what it holds to be taken down before it ends, in milliseconds. */
const END_MS = 3_000;

/** What a front is composed of. */
interface FrontParts {
  readonly server: LocalModelServer;
  readonly models: FrontModels;
  readonly protocols: readonly Protocol[];
  /** Where the main process answers the routes of plugins. */
  readonly routesPath: string;
}

/** Everything that a front is: the protocols, copies of the models, and the way to the main process, which says what to do. */
export class FrontServer implements FrontDuties {
  readonly #main: Peer<MainDuties>;
  readonly #leave: () => void;
  readonly #logger: Logger;
  readonly #statistics = new FrontStatistics();
  #events: ForwardedEvents | undefined;
  readonly #disposers: DisposerStack;
  #composed: FrontParts | undefined;
  #isStopping = false;

  /** @param leave ends the process */
  constructor(send: (message: PeerMessage) => void, leave: () => void) {
    this.#main = new Peer<MainDuties>(send, this);
    this.#leave = leave;
    this.#logger = new ForwardingLogger({ send: (line) => line.type === "log" && this.#main.tell("log", line) });
    this.#disposers = new DisposerStack(this.#logger);
  }

  receive(message: PeerMessage): void {
    this.#main.receive(message);
  }

  async compose(facts: unknown): Promise<void> {
    const { protocols, settings, directory, routes, routesPath, isObserved, sampling, ignoresSuccess } =
      facts as FrontFacts;
    const plugins = await runAll(
      protocols.map((each) => async () => ({
        ...each,
        plugin: await loadPlugin(each.moduleUrl, each.use, (url) => import(url)),
      })),
    );
    if (isObserved) this.#events = new ForwardedEvents(this.#main, sampling, ignoresSuccess);
    const events = new ServerEvents(this.#events ? [this.#events] : [], this.#logger, this.#statistics);
    events.started();
    this.#statistics.start((report) => this.#main.tell("count", report));
    const models = this.#createModels(events);
    const server = new LocalModelServer(models.served, events);
    const container = new ServiceContainer();
    container.provide(Logger, () => this.#logger);
    container.provide(ServerSettings, () => settings);
    container.provide(ConfigDirectory, () => directory);
    container.provide(ModelServer, () => server);
    container.provide(ConfigReload, () => this.#configReload());
    for (const route of routes) container.provide(Route, () => forwardedRoute(route, routesPath));
    const takes = ({ key }: Token<unknown>) => key !== Route.key;
    for (const plugin of plugins) registerPlugin(container, plugin, Protocol, undefined, takes);
    await runAll(container.makers());
    this.#composed = { server, models, protocols: container.getAll(Protocol), routesPath };
  }

  load(order: LoadOrder): Promise<LoadedCopy> {
    return this.#parts.models.load(order);
  }

  free(servable: ServableId): Promise<void> {
    return this.#parts.models.free(servable);
  }

  follow(models: readonly ModelSnapshot[]): Promise<void> {
    return this.#parts.models.follow(models);
  }

  run(order: RunOrder): ReturnType<FrontModels["run"]> {
    return this.#parts.models.run(order);
  }

  stream(order: StreamOrder): ReturnType<FrontModels["stream"]> {
    return this.#parts.models.stream(order);
  }

  async listen(): Promise<readonly Endpoint[]> {
    const { server, protocols } = this.#parts;
    const { signal } = new AbortController();
    const begin = async (protocol: Protocol) => {
      if (this.#isStopping) throw new PlinthError("CANCELLED", "The server is stopping");
      return protocol.start(server, { signal });
    };
    const endpoints = await runAll(
      protocols.map((protocol) =>
        startable(`Protocol ${protocol.name}`, protocol, () => begin(protocol), this.#disposers),
      ),
    );
    return endpoints.flat();
  }

  async drain({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
    this.#isStopping = true;
    if (this.#composed === undefined) return;
    const { server, models, protocols } = this.#composed;
    server.beginStop();
    const signal = AbortSignal.timeout(deadlineMs);
    await Promise.allSettled(protocols.map(async (protocol) => protocol.drain({ signal })));
    models.report();
    await this.#tellAll();
  }

  async end(): Promise<void> {
    this.#isStopping = true;
    await this.#disposers.unwind(AbortSignal.timeout(END_MS));
    await this.#tellAll();
    this.#statistics[Symbol.dispose]();
    this.#leave();
  }

  /** Removes what a main process that was killed has left behind. */
  clearAway(): void {
    if (this.#composed !== undefined) rmSync(dirname(this.#composed.routesPath), { recursive: true, force: true });
  }

  /** The main process's. */
  #configReload(): ConfigReload {
    return {
      reload: () => this.#main.call("reload", undefined),
      replaceModels: (models, { from }) => this.#main.call("replaceModels", { models, from }),
    };
  }

  /** Settles when the main process has heard of all that happened and was counted. */
  async #tellAll(): Promise<void> {
    await this.#main.call("count", this.#statistics.take()).catch(() => {});
    await this.#events?.flush();
  }

  get #parts(): FrontParts {
    if (this.#composed !== undefined) return this.#composed;
    throw new PlinthError("INTERNAL", "Expected the front to be composed first");
  }

  #createModels(events: ServerEvents): FrontModels {
    const models = new FrontModels({
      main: this.#main,
      makeBackend: async (data) => {
        const boot = data as WorkerBoot;
        return { backend: await makeBackend(boot, this.#logger), recipe: recipeOf(boot) };
      },
      shadowCounts: (servable) => this.#composed?.server.shadowCounts(servable),
      events,
      logger: this.#logger,
    });
    this.#disposers.push("The models", () => models[Symbol.asyncDispose]());
    return models;
  }
}
