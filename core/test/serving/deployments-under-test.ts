import type { ChangeOrigin, DeploymentChange, LoadingMode, Revision, ServerEvent } from "../../src/index.js";
import { LocalDeployments } from "../../src/serving/deployment/local-deployments.js";
import type { ConfiguredModel } from "../../src/serving/deployment/model-plan.js";
import { ModelPlans } from "../../src/serving/deployment/model-plans.js";
import { RevisionLog } from "../../src/serving/deployment/revision-log.js";
import { ModelCatalog } from "../../src/serving/lifecycle/model-catalog.js";
import { LocalModelServer } from "../../src/serving/local-model-server.js";
import { ServerEvents } from "../../src/serving/server-events.js";
import { FakeBackend } from "../fakes/fake-backend.js";
import type { FakeRecords } from "../fakes/fake-records.js";
import { FakeStorage } from "../fakes/fake-storage.js";
import { RecordingLogger } from "../fakes/recording-logger.js";

export const ORIGIN: ChangeOrigin = { who: "ada", signal: new AbortController().signal };

/** A server's catalogue and deployments over fakes; several may share a storage. */
export class DeploymentsUnderTest implements AsyncDisposable {
  readonly backend = new FakeBackend();
  readonly logger = new RecordingLogger();
  readonly events: ServerEvent[] = [];
  readonly plans: ModelPlans;
  readonly catalog: ModelCatalog;
  readonly server: LocalModelServer;
  readonly deployments: LocalDeployments;
  readonly records: FakeRecords;

  private constructor(
    readonly storage: FakeStorage,
    models: ReadonlyMap<string, ConfiguredModel> | undefined,
    protectedLabels: readonly string[],
    loading: LoadingMode,
  ) {
    this.records = storage.records as FakeRecords;
    const monitor = {
      name: "test",
      start: async () => {},
      observe: (event: ServerEvent) => void this.events.push(event),
      [Symbol.asyncDispose]: async () => {},
    };
    const events = new ServerEvents([monitor], this.logger);
    this.plans = new ModelPlans(models, loading);
    const { plans, logger } = this;
    this.catalog = new ModelCatalog({
      storage,
      backends: [{ backend: this.backend, recipe: undefined }],
      plans,
      pollIntervalMs: 1_000_000,
      memoryBudgetBytes: 0,
      idleUnloadMs: 0,
      events,
      logger,
    });
    this.server = new LocalModelServer(this.catalog, events);
    const log = new RevisionLog(storage.records, logger);
    this.deployments = new LocalDeployments({ plans, log, catalog: this.catalog, storage, protectedLabels, events });
  }

  static async start({
    storage = holding({ digits: [1n, 2n, 3n] }),
    models,
    protectedLabels = [],
    loading = "eager",
  }: {
    readonly storage?: FakeStorage;
    readonly models?: ReadonlyMap<string, ConfiguredModel>;
    readonly protectedLabels?: readonly string[];
    /** Of models that do not say so themselves. */
    readonly loading?: LoadingMode;
  } = {}): Promise<DeploymentsUnderTest> {
    const started = new DeploymentsUnderTest(storage, models, protectedLabels, loading);
    await started.deployments.start(ORIGIN.signal);
    await started.catalog.start(ORIGIN.signal);
    await started.catalog.settled();
    return started;
  }

  /** Makes a change of the model `digits` and waits until it is brought about. */
  async change(change: DeploymentChange, origin: Partial<ChangeOrigin> = {}): Promise<Revision> {
    const revision = await this.deployments.change("digits", change, { ...ORIGIN, ...origin });
    await this.catalog.settled();
    return revision;
  }

  available(model = "digits"): readonly bigint[] {
    const versions = this.catalog.status(model)?.versions ?? [];
    return versions.filter(({ state }) => state === "available").map(({ version }) => version);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.catalog.stop();
  }
}

export function holding(models: Parameters<FakeStorage["hold"]>[0]): FakeStorage {
  const storage = new FakeStorage();
  storage.hold(models);
  return storage;
}

/** What a promise rejects with, for all of its parts to be looked at. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<{ readonly reason?: string; readonly message: string }> {
  return promise.then(
    () => {
      throw new Error("it did not reject");
    },
    (error) => error,
  );
}
