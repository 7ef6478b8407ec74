import { expect, vi } from "vitest";
import type { ServerEvent, VersionState } from "../../src/index.js";
import type { ConfiguredModel } from "../../src/serving/deployment/model-plan.js";
import { ModelPlans } from "../../src/serving/deployment/model-plans.js";
import { ModelCatalog, type ModelCatalogOptions } from "../../src/serving/lifecycle/model-catalog.js";
import { LocalModelServer } from "../../src/serving/local-model-server.js";
import { ServerEvents } from "../../src/serving/server-events.js";
import { type Deferred, deferred } from "../fakes/deferred.js";
import { FakeBackend } from "../fakes/fake-backend.js";
import { FakeStorage } from "../fakes/fake-storage.js";
import { RecordingLogger } from "../fakes/recording-logger.js";

/** All versions of a model, with every other default. */
export const ALL_VERSIONS: ConfiguredModel = { versions: { kind: "all" }, labels: new Map() };

interface StartOptions extends Partial<ModelCatalogOptions> {
  /** Default: every model of the storage. */
  readonly models?: ReadonlyMap<string, ConfiguredModel>;
}

/** A catalogue over fakes, in time that the test moves on. */
export class CatalogUnderTest {
  readonly storage = new FakeStorage();
  readonly backend = new FakeBackend();
  readonly logger = new RecordingLogger();
  readonly events: ServerEvent[] = [];
  #catalog: ModelCatalog | undefined;

  constructor() {
    vi.useFakeTimers();
  }

  get catalog(): ModelCatalog {
    return this.#catalog ?? expect.fail("the catalogue was not started");
  }

  /** Starts it and waits until it has loaded what it can. */
  async start({ models, ...options }: StartOptions = {}): Promise<LocalModelServer> {
    const monitor = {
      name: "test",
      start: async () => {},
      observe: (event: ServerEvent) => void this.events.push(event),
      [Symbol.asyncDispose]: async () => {},
    };
    const serverEvents = new ServerEvents([monitor], this.logger);
    this.#catalog = new ModelCatalog({
      storage: this.storage,
      backends: [{ backend: this.backend, recipe: undefined }],
      plans: new ModelPlans(models),
      pollIntervalMs: 1_000,
      memoryBudgetBytes: 0,
      events: serverEvents,
      logger: this.logger,
      ...options,
    });
    await this.#catalog.start(new AbortController().signal);
    await this.#catalog.settled();
    return new LocalModelServer(this.#catalog, serverEvents);
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
