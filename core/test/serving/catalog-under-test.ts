import { expect, vi } from "vitest";
import type { DescriptionFormat, LoadingMode, ServerEvent, VersionFiles, VersionState } from "../../src/index.js";
import { ModelDescriptions } from "../../src/serving/deployment/model-descriptions.js";
import type { ConfiguredModel } from "../../src/serving/deployment/model-plan.js";
import { ModelPlans } from "../../src/serving/deployment/model-plans.js";
import { ModelCatalog, type ModelCatalogOptions } from "../../src/serving/lifecycle/model-catalog.js";
import { LocalModelServer } from "../../src/serving/local-model-server.js";
import { ServerEvents } from "../../src/serving/server-events.js";
import { LiveStatistics } from "../../src/serving/statistics/live-statistics.js";
import { type Deferred, deferred } from "../fakes/deferred.js";
import { FakeBackend } from "../fakes/fake-backend.js";
import { FakeStorage } from "../fakes/fake-storage.js";
import { RecordingLogger } from "../fakes/recording-logger.js";

/** All versions of a model, with every other default. */
export const ALL_VERSIONS: ConfiguredModel = { versions: { kind: "all" }, labels: new Map() };

interface StartOptions extends Partial<ModelCatalogOptions> {
  /** Default: every model of the storage. */
  readonly models?: ReadonlyMap<string, ConfiguredModel>;
  /** Of models that do not say so themselves. Default: eager. */
  readonly loading?: LoadingMode;
  /** Default: no files describe models. */
  readonly formats?: readonly DescriptionFormat[];
}

/** A catalogue over fakes, in time that the test moves on. */
export class CatalogUnderTest {
  readonly storage = new FakeStorage();
  readonly backend = new FakeBackend();
  readonly logger = new RecordingLogger();
  readonly events: ServerEvent[] = [];
  readonly statistics = new LiveStatistics();
  readonly #serverEvents: ServerEvents;
  #plans = new ModelPlans(undefined);
  #catalog: ModelCatalog | undefined;

  constructor() {
    vi.useFakeTimers();
    const monitor = {
      name: "test",
      start: async () => {},
      observe: (event: ServerEvent) => void this.events.push(event),
      [Symbol.asyncDispose]: async () => {},
    };
    this.#serverEvents = new ServerEvents([monitor], this.logger, this.statistics);
  }

  get catalog(): ModelCatalog {
    return this.#catalog ?? expect.fail("the catalogue was not started");
  }

  /** Starts it and waits until it has loaded what it can. */
  async start({ models, loading, formats = [], ...options }: StartOptions = {}): Promise<LocalModelServer> {
    this.#plans = new ModelPlans(models, loading);
    this.#catalog = new ModelCatalog({
      storage: this.storage,
      backends: [{ backend: this.backend, recipe: undefined }],
      plans: this.#plans,
      descriptions: new ModelDescriptions(this.storage, formats, this.#plans, this.logger),
      pollIntervalMs: 1_000,
      memoryBudgetBytes: 0,
      idleUnloadMs: 0,
      events: this.#serverEvents,
      logger: this.logger,
      ...options,
    });
    await this.#catalog.start(new AbortController().signal);
    await this.#catalog.settled();
    return new LocalModelServer(this.#catalog, this.#serverEvents);
  }

  /** Has another configuration hold and waits until it is brought about. */
  async configure(models: ReadonlyMap<string, ConfiguredModel>): Promise<void> {
    this.#plans.configure(models);
    this.catalog.replan();
    await this.catalog.settled();
  }

  /** Changes what the storage holds and waits until the server has followed. */
  async change(models: Parameters<FakeStorage["hold"]>[0]): Promise<void> {
    this.storage.hold(models);
    await this.catalog.refresh();
    await this.catalog.settled();
  }

  states(model: string): Record<string, VersionState> {
    const versions = this.catalog.status(model)?.versions ?? [];
    return Object.fromEntries(versions.map(({ version, state }) => [String(version), state]));
  }

  /** Gives the only file of each version this size: it needs 1.2 times as much memory. */
  sizeVersions(bytesOf: (model: string) => number): void {
    const open = this.storage.open.bind(this.storage);
    this.storage.open = async (model, version): Promise<VersionFiles> => ({
      ...(await open(model, version)),
      files: [{ path: "model.fake", bytes: bytesOf(model) }],
    });
  }

  /** Holds up every load from now on until the gate is opened. */
  holdLoads(): Deferred {
    const gate = deferred();
    this.backend.onLoad = () => gate.promise;
    return gate;
  }

  /** Stops it; nothing may be left behind. */
  async stop(): Promise<void> {
    this.backend.onRun = async () => {};
    await this.catalog.stop();
    vi.useRealTimers();
    expect(this.backend.live, "models left behind").toEqual(new Set());
    expect(this.storage.openHandles, "file handles left behind").toBe(0);
  }
}
