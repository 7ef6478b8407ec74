import { expect } from "vitest";
import { createTensor, type Endpoint, type VersionState } from "../../../src/index.js";
import type { ConfiguredModel } from "../../../src/serving/deployment/model-plan.js";
import { ModelPlans } from "../../../src/serving/deployment/model-plans.js";
import type { WorkerRecipe } from "../../../src/serving/execution/backend-source.js";
import { FrontFleet } from "../../../src/serving/fronts/front-fleet.js";
import { ModelBroadcast } from "../../../src/serving/fronts/model-broadcast.js";
import { ModelCatalog } from "../../../src/serving/lifecycle/model-catalog.js";
import { ServerEvents } from "../../../src/serving/server-events.js";
import { LiveStatistics } from "../../../src/serving/statistics/live-statistics.js";
import { FakeBackend } from "../../fakes/fake-backend.js";
import { FakeFront } from "../../fakes/fake-front.js";
import { FakeStorage } from "../../fakes/fake-storage.js";
import { RecordingLogger } from "../../fakes/recording-logger.js";

/** Workers that no test opens. */
const NEVER: WorkerRecipe = {
  threads: () => expect.fail("a thread was opened"),
  processes: () => expect.fail("a process was opened"),
  data: undefined,
};

export const UNTIL = { timeout: 10_000, interval: 5 };

interface FrontsOptions {
  readonly size?: number;
  readonly models?: ReadonlyMap<string, ConfiguredModel>;
  readonly memoryBudgetBytes?: number;
  /** Called with each front when its process is started. */
  readonly begun?: (front: FakeFront, index: number) => void;
}

async function refused(): Promise<never> {
  throw new Error("fake fronts do not ask for another configuration");
}

/** A catalogue over fronts that are fakes. */
export class FrontsUnderTest implements AsyncDisposable {
  readonly storage = new FakeStorage();
  readonly logger = new RecordingLogger();
  /** All that were ever started, the oldest first. */
  readonly started: FakeFront[] = [];
  readonly deaths: string[] = [];
  /** Versions that fronts have told of as used. */
  readonly used: string[] = [];
  readonly statistics = new LiveStatistics();
  readonly fleet: FrontFleet;
  readonly catalog: ModelCatalog;
  readonly broadcast: ModelBroadcast;
  readonly plans: ModelPlans;

  constructor({ size = 2, models, memoryBudgetBytes = 0, begun = () => {} }: FrontsOptions = {}) {
    this.plans = new ModelPlans(models);
    this.fleet = new FrontFleet({
      size,
      open: (listener) => {
        const front = new FakeFront(this.started.length + 1, listener);
        this.started.push(front);
        begun(front, this.started.length - 1);
        return { pid: front.pid, send: (message) => front.receive(message), kill: () => front.die("it was killed") };
      },
      observe: () => {},
      counted: (front, report) => this.statistics.absorb(front, report),
      gone: (front) => this.statistics.lose(front),
      demand: (model, version) => this.catalog.load(model, version),
      used: (model, version) => this.used.push(`${model}/${version}`),
      died: (error) => this.deaths.push(error.message),
      configReload: () => ({ reload: refused, replaceModels: refused }),
      logger: this.logger,
    });
    this.catalog = new ModelCatalog({
      storage: this.storage,
      backends: [{ backend: new FakeBackend(), recipe: NEVER }],
      plans: this.plans,
      pollIntervalMs: 60_000,
      memoryBudgetBytes,
      idleUnloadMs: 0,
      executor: this.fleet,
      changed: (model) => this.broadcast.changed(model),
      events: new ServerEvents([], this.logger, this.statistics),
      logger: this.logger,
    });
    this.broadcast = new ModelBroadcast(this.catalog, this.plans, this.fleet);
  }

  async start(): Promise<readonly Endpoint[]> {
    await this.catalog.start(new AbortController().signal);
    const introduce = (front: Parameters<ModelBroadcast["introduce"]>[0]) => this.broadcast.introduce(front);
    return this.fleet.start({ facts: undefined, introduce });
  }

  /** Changes what the storage holds and waits until the server has followed. */
  async hold(models: Parameters<FakeStorage["hold"]>[0]): Promise<void> {
    this.storage.hold(models);
    await this.catalog.refresh();
    await this.catalog.settled();
    await this.broadcast.caughtUp();
  }

  state(model: string, version: bigint): VersionState | undefined {
    return this.catalog.status(model)?.versions.find((each) => each.version === version)?.state;
  }

  /** What each front has in memory. */
  live(): readonly (readonly string[])[] {
    return this.started.map(({ backend }) => [...backend.live].sort());
  }

  front(index: number): FakeFront {
    return this.started[index] ?? expect.fail(`no front ${index} was started`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
    await this.catalog.stop();
    expect(this.storage.openHandles, "file handles left behind").toBe(0);
  }
}

/** A request that every version of the fake backend answers. */
export function echo(model: string, version?: bigint) {
  const x = createTensor("float32", [2], Float32Array.of(1, 2));
  return { model, version, inputs: new Map([["x", x]]) };
}
