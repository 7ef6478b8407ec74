import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../../../src/kernel/config/load-config.js";
import { configErrorOf, FakeWorkspace } from "./fake-plugins.js";

const STORAGE = "storage: { use: disk, root: ./models }\n";

test("fills in every default of a configuration that names only a storage", async () => {
  using workspace = new FakeWorkspace();
  const config = await workspace.parse(STORAGE);
  expect(config.file).toBe(join(workspace.directory, "config.yaml"));
  expect(config.directory).toBe(workspace.directory);
  expect(config.server).toEqual({
    host: "127.0.0.1",
    processes: 1,
    shutdownDeadlineMs: 30_000,
    pollIntervalMs: 1_000,
    memoryBudgetBytes: 0,
    loading: "eager",
    idleUnloadMs: 0,
    protectedLabels: [],
    managementTokens: new Map(),
    limits: {
      maxRequestBytes: 67_108_864,
      requestTimeoutMs: 30_000,
      inferenceTimeoutMs: 30_000,
      streamTimeoutMs: 600_000,
      maxConnections: 1_024,
    },
  });
  expect(config.storage).toMatchObject({ use: "disk", options: { root: "./models" } });
  expect(config.storage.plugin.name).toBe("@plinth/storage-disk");
  expect(config.storage.position).toEqual({ file: config.file, line: 1, column: 17 });
  expect(config.backends).toMatchObject([{ use: "onnx", options: { threads: 1 } }]);
  expect(config.protocols).toMatchObject([
    { use: "rest", options: { port: 8501, cors: { origins: [], maxAgeMs: 0 } } },
  ]);
  expect(config.monitors).toEqual([]);
  expect(config.models).toBeUndefined();
});

test("reads the configuration that the design draws", async () => {
  using workspace = new FakeWorkspace();
  const config = await workspace.parse(`
server:   { host: 127.0.0.1 }          # address, limits, processes, shutdown deadline
storage:  { use: disk, root: ./models }
backends: [{ use: onnx }, { use: tfjs }]
protocols:
  - { use: rest, port: 8501 }
  - { use: grpc, port: 8500 }
monitors: [{ use: prometheus }]
models:                                # left out: every model that the storage holds is served
  digits: {}                           # every default: newest version, backend chosen by the files
  sentiment:
    backend: onnx                      # with its options for this model, as \`{ use: onnx, threads: 2 }\`
    versions: { latest: 2 }            # or all, or [3, 7]
    labels: { stable: 3, canary: 7 }
    traffic: { stable: 95, canary: 5 }
    batching: { maxBatchSize: 32, maxWaitMs: 5 }
    execution: { executor: auto, instances: 2 }
`);
  expect(config.backends.map(({ use }) => use)).toEqual(["onnx", "tfjs"]);
  expect(config.protocols.map(({ use, options }) => [use, (options as { port: number }).port])).toEqual([
    ["rest", 8501],
    ["grpc", 8500],
  ]);
  expect(config.monitors.map(({ use }) => use)).toEqual(["prometheus"]);
  expect(config.models?.get("digits")).toEqual({
    backend: undefined,
    versions: undefined,
    labels: new Map(),
    traffic: undefined,
    transition: "availability-preserving",
    loading: undefined,
    execution: undefined,
    batching: undefined,
    pins: new Map([["served", { file: config.file, line: 10, column: 3 }]]),
    example: undefined,
  });
  const sentiment = config.models?.get("sentiment");
  expect(sentiment?.batching).toMatchObject({ maxBatchSize: 32, maxWaitMs: 5 });
  expect(sentiment?.execution).toEqual({ executor: "auto", instances: 2, maxQueuedRequests: 256 });
  expect(sentiment?.backend).toBe(config.backends[0]);
  expect(sentiment?.versions).toEqual({ kind: "latest", count: 2 });
  expect(sentiment?.labels).toEqual(
    new Map([
      ["stable", 3n],
      ["canary", 7n],
    ]),
  );
  expect(sentiment?.traffic).toEqual({
    split: new Map([
      ["stable", 95],
      ["canary", 5],
    ]),
  });
});

test("reads when versions are loaded, of all models and of one", async () => {
  using workspace = new FakeWorkspace();
  const { server, models } = await workspace.parse(
    `${STORAGE}server: { loading: lazy, idleUnloadMs: 600000 }\nmodels: { a: { loading: eager }, b: {} }\n`,
  );
  expect(server).toMatchObject({ loading: "lazy", idleUnloadMs: 600_000 });
  expect([models?.get("a")?.loading, models?.get("b")?.loading]).toEqual(["eager", undefined]);
});

test("reads sticky and shadow traffic and the way versions take turns", async () => {
  using workspace = new FakeWorkspace();
  const { models } = await workspace.parse(`${STORAGE}models:
  a:
    labels: { stable: 3 }
    traffic: { stable: 0.5, 7: 1.5 }
    stickyBy: X-User-Id
    shadow: { 8: 12.5 }
    transition: resource-preserving
`);
  expect(models?.get("a")).toMatchObject({
    traffic: {
      split: new Map([
        ["stable", 0.5],
        ["7", 1.5],
      ]),
      stickyBy: "x-user-id",
      shadow: { to: "8", percent: 12.5 },
    },
    transition: "resource-preserving",
  });
});

test("knows where it pins what of a model", async () => {
  using workspace = new FakeWorkspace();
  const config = await workspace.parse(`${STORAGE}models:
  a:
    versions: all
    labels:
      stable: 3
      canary: 7
    shadow: { canary: 1 }
  b: { traffic: { 3: 1 } }
  c:
`);
  const pins = (model: string) =>
    Object.fromEntries(
      [...(config.models?.get(model)?.pins ?? [])].map(([what, at]) => [what, `${at.line}:${at.column}`]),
    );
  expect(pins("a")).toEqual({
    served: "3:3",
    versions: "4:5",
    "labels.stable": "6:7",
    "labels.canary": "7:7",
    traffic: "8:5",
  });
  expect(pins("b")).toEqual({ served: "9:3", traffic: "9:8" });
  expect(pins("c")).toEqual({ served: "10:3" });
});

test("keeps versions exact, and models in the order of the file", async () => {
  using workspace = new FakeWorkspace();
  const { models } = await workspace.parse(`${STORAGE}models:
  b: { versions: [9007199254740993, 9223372036854775807, 0], labels: { newest: 9223372036854775807 } }
  7: { versions: all, example: requests/seven.json }
  constructor:
`);
  expect([...(models?.keys() ?? [])]).toEqual(["b", "7", "constructor"]);
  expect(models?.get("b")?.versions).toEqual({
    kind: "specific",
    versions: [9_007_199_254_740_993n, 9_223_372_036_854_775_807n, 0n],
  });
  expect(models?.get("b")?.labels.get("newest")).toBe(9_223_372_036_854_775_807n);
  expect(models?.get("7")?.versions).toEqual({ kind: "all" });
  expect(models?.get("7")?.example).toBe(join(workspace.directory, "requests/seven.json"));
  expect(models?.get("constructor")?.versions).toBeUndefined();
});

test("takes the folder of a model's versions relative to the configuration's, and pins it", async () => {
  using workspace = new FakeWorkspace();
  const { models, file } = await workspace.parse(
    `${STORAGE}models:\n  near: { path: ./elsewhere/near }\n  far: { path: /far }\n  own: {}\n`,
  );
  expect([...(models ?? [])].map(([, { path }]) => path)).toEqual([
    join(workspace.directory, "elsewhere/near"),
    "/far",
    undefined,
  ]);
  expect(models?.get("far")?.pins.get("path")).toMatchObject({ file, column: 10 });
  expect(models?.get("own")?.pins.has("path")).toBe(false);
});

test("tells no models from all models", async () => {
  using workspace = new FakeWorkspace();
  expect((await workspace.parse(`${STORAGE}models: {}\n`)).models?.size).toBe(0);
  expect((await workspace.parse(STORAGE)).models).toBeUndefined();
});

test("lays a model's own options for its backend over the shared ones", async () => {
  using workspace = new FakeWorkspace();
  const config = await workspace.parse(`${STORAGE}
backends: [{ use: tfjs, wasm: false, path: /a }]
models:
  own: { backend: { use: tfjs, path: /b } }
  same: { backend: { use: "@plinth/backend-tfjs" } }
  other: { backend: { use: onnx, threads: 4 } }
  named: { backend: onnx }
`);
  const backendOf = (model: string) => config.models?.get(model)?.backend;
  expect(backendOf("own")?.options).toEqual({ wasm: false, path: "/b" });
  expect(backendOf("own")?.moduleUrl).toBe(config.backends[0]?.moduleUrl);
  expect(backendOf("same")).toBe(config.backends[0]);
  expect(backendOf("other")?.options).toEqual({ threads: 4 });
  expect(backendOf("named")?.options).toEqual({ threads: 1 });
});

test("imports a plugin once, however often it is used", async () => {
  using workspace = new FakeWorkspace();
  await workspace.parse(
    `${STORAGE}protocols: [{ use: rest, port: 1 }, { use: rest, port: 2 }, { use: "@plinth/protocol-rest", port: 3 }]\n`,
  );
  expect(workspace.imported.toSorted()).toEqual([
    "@plinth/backend-onnx",
    "@plinth/protocol-rest",
    "@plinth/storage-disk",
  ]);
});

test("follows anchors, so that options need to be written once", async () => {
  using workspace = new FakeWorkspace();
  const { models } = await workspace.parse(`${STORAGE}models:
  a: { backend: &fast { use: onnx, threads: 8 } }
  b: { backend: *fast }
`);
  expect(models?.get("b")?.backend?.options).toEqual({ threads: 8 });
});

test("takes an alias for the last anchor of its name before it", async () => {
  using workspace = new FakeWorkspace();
  const { models } = await workspace.parse(`${STORAGE}models:
  a: { versions: &list [&n 1] }
  b: { versions: [&n 2] }
  c: { versions: *list }
  d: { versions: [*n] }
`);
  expect(models?.get("c")?.versions).toEqual({ kind: "specific", versions: [1n] });
  expect(models?.get("d")?.versions).toEqual({ kind: "specific", versions: [2n] });
});

test("reads a file, and a byte order mark before it", async () => {
  using workspace = new FakeWorkspace();
  const file = join(workspace.directory, "server.yaml");
  writeFileSync(file, `\ufeff${STORAGE}`);
  expect((await loadConfig(file, workspace.options)).storage.use).toBe("disk");
});

test.each([
  ["is not there", undefined, "no such file"],
  ["is not UTF-8", Buffer.from([0x61, 0x3a, 0xff]), "not UTF-8"],
  ["is too large", Buffer.alloc(1024 * 1024 + 1, "#"), "at most 1048576 bytes"],
])("refuses a file that %s", async (_, content, words) => {
  using workspace = new FakeWorkspace();
  const file = join(workspace.directory, "server.yaml");
  if (content !== undefined) writeFileSync(file, content);
  const error = await configErrorOf(loadConfig(file, workspace.options));
  expect(error.message).toMatch(new RegExp(`^${file}:1:1: .*${words}`));
});

test("refuses a folder in place of a file", async () => {
  using workspace = new FakeWorkspace();
  expect((await configErrorOf(loadConfig(workspace.directory, workspace.options))).message).toContain("it is a folder");
});
