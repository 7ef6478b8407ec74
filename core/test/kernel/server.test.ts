import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import {
  Backend,
  definePlugin,
  Logger,
  type ModelServer,
  ModelStorage,
  Monitor,
  type Plugin,
  Protocol,
  type Registry,
  ServerSettings,
} from "../../src/index.js";
import type { ModelConfig, PluginUse, ServerConfig } from "../../src/kernel/config/server-config.js";
import { startServer } from "../../src/kernel/server.js";
import { DEFAULT_EXECUTION } from "../../src/serving/execution/execution-settings.js";
import { deferred } from "../fakes/deferred.js";
import { FakeBackend } from "../fakes/fake-backend.js";
import { FakeStorage } from "../fakes/fake-storage.js";
import { RecordingLogger } from "../fakes/recording-logger.js";

function use(name: string, register: (registry: Registry) => void): PluginUse {
  const plugin: Plugin = definePlugin<unknown>({ name, apiVersion: 1, config: z.unknown(), register });
  return {
    use: name,
    plugin,
    moduleUrl: `test:${name}`,
    options: {},
    position: { file: "config.yaml", line: 1, column: 1 },
  };
}

/** What the configuration says of a model about which it says nothing. */
const SETTINGS: ModelConfig = {
  path: undefined,
  versions: { kind: "all" },
  labels: new Map(),
  traffic: undefined,
  transition: "availability-preserving",
  loading: undefined,
  execution: DEFAULT_EXECUTION,
  batching: undefined,
  pins: new Map(),
  example: undefined,
  backend: undefined,
};

interface Step {
  readonly name: string;
  readonly fail?: boolean;
}

/** A server of fakes that write down what is done to them. */
class Composition {
  readonly steps: string[] = [];
  readonly storage = new FakeStorage();
  readonly backend = new FakeBackend();
  readonly logger = new RecordingLogger();
  readonly drained = deferred();
  server: ModelServer | undefined;

  config(overrides: Partial<ServerConfig> = {}): ServerConfig {
    return {
      file: "/test/config.yaml",
      directory: "/test",
      server: {
        host: "127.0.0.1",
        processes: 1,
        shutdownDeadlineMs: 60_000,
        pollIntervalMs: 60_000,
        memoryBudgetBytes: 0,
        loading: "eager",
        idleUnloadMs: 0,
        protectedLabels: [],
        managementTokens: new Map(),
        limits: {
          maxRequestBytes: 1,
          requestTimeoutMs: 1,
          inferenceTimeoutMs: 1,
          streamTimeoutMs: 1,
          maxConnections: 1,
        },
      },
      storage: use("storage-fake", (registry) =>
        registry.provide(ModelStorage, () => this.recorded(this.storage, "storage")),
      ),
      backends: [use("backend-fake", (registry) => registry.provide(Backend, () => this.backend))],
      protocols: [this.protocol({ name: "one" }), this.protocol({ name: "two" })],
      monitors: [this.monitor({ name: "watcher" })],
      extensions: [],
      warnings: [],
      models: undefined,
      effective: "",
      settings: () => [],
      withModels: () => Promise.reject(new Error("not in this test")),
      ...overrides,
    };
  }

  protocol({ name, fail = false }: Step): PluginUse {
    return use(`protocol-${name}`, (registry) =>
      registry.provide(Protocol, (services) => ({
        name,
        start: async (server) => {
          this.steps.push(`start ${name}`);
          this.server = server;
          if (fail) throw new Error("address in use");
          return [{ url: `${name}://${services.get(ServerSettings).host}` }];
        },
        drain: async () => {
          this.steps.push(`drain ${name}`);
          await this.drained.promise;
        },
        [Symbol.asyncDispose]: async () => void this.steps.push(`dispose ${name}`),
      })),
    );
  }

  monitor({ name, fail = false }: Step): PluginUse {
    return use(`monitor-${name}`, (registry) =>
      registry.provide(Monitor, () => ({
        name,
        start: async () => {
          this.steps.push(`start ${name}`);
          if (fail) throw new Error("no disk");
        },
        observe: () => {},
        [Symbol.asyncDispose]: async () => void this.steps.push(`dispose ${name}`),
      })),
    );
  }

  recorded(storage: FakeStorage, name: string): FakeStorage {
    const begin = storage.start.bind(storage);
    storage.start = async (options) => {
      this.steps.push(`start ${name}`);
      await begin(options);
    };
    storage[Symbol.asyncDispose] = async () => void this.steps.push(`dispose ${name}`);
    return storage;
  }
}

describe("a server", () => {
  it("starts storage and monitors, then protocols, and stops in reverse order", async () => {
    const composition = new Composition();
    composition.drained.resolve();
    const server = await startServer(composition.config(), composition.logger);
    expect(server.endpoints).toEqual([{ url: "one://127.0.0.1" }, { url: "two://127.0.0.1" }]);
    await server.stop();
    expect(composition.steps).toEqual([
      "start storage",
      "start watcher",
      "start one",
      "start two",
      "drain one",
      "drain two",
      "dispose two",
      "dispose one",
      "dispose watcher",
      "dispose storage",
    ]);
  });

  it("listens only when its list of models is known", async () => {
    const composition = new Composition();
    composition.storage.listError = new Error("unreachable");
    await expect(startServer(composition.config(), composition.logger)).rejects.toThrow("unreachable");
    expect(composition.steps).toEqual(["start storage", "start watcher", "dispose watcher", "dispose storage"]);
  });

  it("is not ready from the moment it is told to stop, and waits for requests under way", async () => {
    const composition = new Composition();
    composition.storage.hold({ digits: [1n] });
    const server = await startServer(composition.config(), composition.logger);
    await server.settled();
    expect(server.models.readiness()).toEqual({ ready: true, reasons: [] });
    const stopping = server.stop();
    expect(server.models.readiness()).toEqual({ ready: false, reasons: ["The server is stopping"] });
    expect(composition.backend.live).toEqual(new Set(["digits/1"]));
    composition.drained.resolve();
    await Promise.all([stopping, server.stop()]);
    expect(composition.backend.live).toEqual(new Set());
  });

  it("stops at its deadline though a request hangs", async () => {
    const composition = new Composition();
    composition.storage.hold({ digits: [1n] });
    const { server: settings, ...rest } = composition.config();
    composition.drained.resolve();
    const server = await startServer({ ...rest, server: { ...settings, shutdownDeadlineMs: 1 } }, composition.logger);
    await server.settled();
    const handle = await server.models.acquire({ model: "digits" });
    await server.stop();
    expect(composition.logger.messages("error")).toEqual(["The model catalogue could not be stopped cleanly"]);
    expect(composition.steps.at(-1)).toBe("dispose storage");
    handle[Symbol.dispose]();
  });

  it("bounds how long starting may take, and only that", async () => {
    vi.useFakeTimers();
    try {
      const composition = new Composition();
      composition.drained.resolve();
      let starting: AbortSignal | undefined;
      composition.storage.start = async (options) => {
        starting = options?.signal;
      };
      await using _server = await startServer(composition.config(), composition.logger);
      await vi.advanceTimersByTimeAsync(3_600_000);
      expect(starting?.aborted).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it("gives up a start that hangs", async () => {
    vi.useFakeTimers();
    try {
      const composition = new Composition();
      composition.storage.start = (options) =>
        new Promise((_, reject) => options?.signal.addEventListener("abort", () => reject(options.signal.reason)));
      const refused = expect(startServer(composition.config(), composition.logger)).rejects.toMatchObject({
        code: "DEADLINE_EXCEEDED",
        message: "Storage storage-fake: Starting took longer than 60 seconds",
      });
      await vi.advanceTimersByTimeAsync(60_000);
      await refused;
    } finally {
      vi.useRealTimers();
    }
  });

  it("names every plugin that fails to start and leaves nothing running", async () => {
    const composition = new Composition();
    const config = composition.config({
      protocols: [
        composition.protocol({ name: "one", fail: true }),
        composition.protocol({ name: "two" }),
        composition.protocol({ name: "three", fail: true }),
      ],
    });
    await expect(startServer(config, composition.logger)).rejects.toMatchObject({
      reason: "PLUGIN_FAILED",
      message: "Protocol one: address in use\nProtocol three: address in use",
    });
    expect(composition.steps.filter((step) => step.startsWith("dispose"))).toEqual([
      "dispose three",
      "dispose two",
      "dispose one",
      "dispose watcher",
      "dispose storage",
    ]);
  });

  it("names every plugin that fails to make its services", async () => {
    const composition = new Composition();
    const broken = (name: string) =>
      use(name, (registry) =>
        registry.provide(Protocol, () => {
          throw new TypeError("not today");
        }),
      );
    const config = composition.config({ protocols: [broken("protocol-a"), broken("protocol-b")] });
    await expect(startServer(config, composition.logger)).rejects.toMatchObject({
      message: "protocol-a: not today\nprotocol-b: not today",
    });
    expect(composition.steps).toEqual([]);
  });

  it("tells of a plugin in the wrong section, and of one that throws while it registers", async () => {
    const composition = new Composition();
    const config = composition.config({
      storage: use("backend-fake", (registry) => registry.provide(Backend, () => composition.backend)),
      monitors: [
        use("monitor-odd", () => {
          throw new Error("cannot register");
        }),
      ],
    });
    const failure = startServer(config, composition.logger);
    await expect(failure).rejects.toThrow("backend-fake: it is configured as a ModelStorage");
    await expect(failure).rejects.toThrow("monitor-odd: cannot register");
  });

  it("gives each plugin a logger that names it", async () => {
    const composition = new Composition();
    composition.drained.resolve();
    const chatty = use("monitor-chatty", (registry) =>
      registry.provide(Monitor, (services) => {
        services.get(Logger).info("hello");
        return { name: "chatty", start: async () => {}, observe: () => {}, [Symbol.asyncDispose]: async () => {} };
      }),
    );
    await using _server = await startServer(composition.config({ monitors: [chatty] }), composition.logger);
    expect(composition.logger.lines).toContainEqual({
      level: "info",
      message: "hello",
      fields: { plugin: "monitor-chatty" },
    });
  });

  it("loads a model with a backend of its own where it is configured so", async () => {
    const composition = new Composition();
    composition.drained.resolve();
    const own = new FakeBackend();
    composition.storage.hold({ digits: [1n], other: [1n] });
    const config = composition.config({
      models: new Map([
        ["digits", { ...SETTINGS, backend: use("backend-own", (registry) => registry.provide(Backend, () => own)) }],
        ["other", SETTINGS],
      ]),
    });
    await using server = await startServer(config, composition.logger);
    await server.settled();
    expect(own.loads).toEqual(["digits/1"]);
    expect(composition.backend.loads).toEqual(["other/1"]);
  });

  it("is not started with models that lie elsewhere where the storage keeps no folders, whose line is told", async () => {
    const composition = new Composition();
    const model = {
      ...SETTINGS,
      path: "/elsewhere",
      pins: new Map([["path", { file: "config.yaml", line: 4, column: 9 }]]),
    };
    const config = composition.config({ models: new Map([["digits", model]]) });
    await expect(startServer(config, composition.logger)).rejects.toMatchObject({
      reason: "CONFIG_INVALID",
      message: expect.stringMatching(
        /^config\.yaml:4:9: models\.digits\.path: the storage "storage-fake" keeps no folders/,
      ),
    });
    expect(composition.steps).toEqual([]);
  });

  it("tells the storage where models lie before it starts", async () => {
    const composition = new Composition();
    const placed: unknown[] = [];
    Object.assign(composition.storage, {
      place: (folders: ReadonlyMap<string, string>) => placed.push([...folders], [...composition.steps]),
    });
    const models = new Map<string, ModelConfig>([
      ["digits", { ...SETTINGS, path: "/elsewhere" }],
      ["other", SETTINGS],
    ]);
    await using _server = await startServer(composition.config({ models }), composition.logger);
    expect(placed).toEqual([[["digits", "/elsewhere"]], []]);
    composition.drained.resolve();
  });
});
