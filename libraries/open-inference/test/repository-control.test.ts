import {
  type Deployments,
  type ModelServer,
  type ModelStatus,
  PlinthError,
  type Route,
  type ServerStatistics,
  type VersionStatistics,
  type VersionStatus,
} from "@plinth/core";
import { describe, expect, it } from "vitest";
import { loadModel, MAIN_PROCESS_ROUTES, type MainProcess } from "../src/index.js";

/** A repository whose model comes through these states, one each time it is looked at. */
function repository(...states: Partial<VersionStatus>[]) {
  const changes: unknown[] = [];
  const next = (): ModelStatus => ({
    model: "m",
    versions: [{ version: 1n, state: "start", sinceMs: 0, ...(states.length > 1 ? states.shift() : states[0]) }],
    labels: new Map(),
  });
  const deployments = {
    change: async (model: string, change: object, { who }: { who: string }) => {
      if (model !== "m") throw new PlinthError("MODEL_NOT_FOUND", `There is no model ${model}`);
      changes.push({ model, change, who });
    },
  } as unknown as Deployments;
  return { changes, deployments, server: { status: next } as Partial<ModelServer> as ModelServer };
}

const { signal } = new AbortController();
const failure = new PlinthError("MODEL_FILE_INVALID", "torn");

describe("loading a model", () => {
  it("waits until it can answer", async () => {
    const loading = repository({ state: "end" }, { state: "loading" }, { state: "available" });
    await loadModel(loading, "m", [], signal);
    expect(loading.changes).toEqual([{ model: "m", change: { kind: "load" }, who: "open-inference" }]);
  });

  it("tells why it cannot be", async () => {
    const failing = repository({ state: "loading" }, { state: "error", error: failure });
    await expect(loadModel(failing, "m", [], signal)).rejects.toMatchObject({
      message: "failed to load 'm': torn",
      reason: "MODEL_FILE_INVALID",
    });
    await expect(loadModel(failing, "n", [], signal)).rejects.toThrow("failed to load 'n': There is no model n");
  });

  it("is waited for no longer than the client does", async () => {
    await expect(loadModel(repository({ state: "loading" }), "m", [], AbortSignal.abort())).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });

  it("takes neither another configuration nor files", async () => {
    for (const name of ["config", "file:1/model.onnx"]) {
      await expect(loadModel(repository(), "m", [name], signal)).rejects.toThrow(`'${name}' is not offered`);
    }
  });
});

describe("the routes", () => {
  const post = (body?: string) => new Request("http://x/", { method: "POST", ...(body !== undefined && { body }) });
  const context = { params: new Map([["model", "m"]]) };
  const options = { prefix: "/v2", repositoryAccess: "management", statisticsAccess: "public" } as const;

  function route(path: string, main: Partial<MainProcess>): Route {
    const routes = MAIN_PROCESS_ROUTES.map((create) => create(main as MainProcess, options));
    const found = routes.find((each) => each.path === `/v2${path}`);
    if (found === undefined) throw new Error(`no route ${path}`);
    return found;
  }

  it("load and unload, with or without a body, for callers that may", async () => {
    const loaded = repository({ state: "available" });
    const load = route("/repository/models/:model/load", loaded);
    const unload = route("/repository/models/:model/unload", loaded);
    const answers = [
      await load.handle(post(), context),
      await load.handle(post('{"parameters": {}}'), context),
      await unload.handle(post('{"parameters": {"unload_dependents": true}}'), context),
    ];
    expect(await Promise.all(answers.map((each) => each.json()))).toEqual([
      { name: "m", load: true },
      { name: "m", load: true },
      { name: "m", unload: true },
    ]);
    expect(loaded.changes).toHaveLength(3);
    expect([load.access, unload.access]).toEqual(["management", "management"]);
  });

  it.each(["[]", "null", "{", '{"parameters": 1}'])("refuse the body %s", async (body) => {
    const load = route("/repository/models/:model/load", repository());
    await expect(load.handle(post(body), context)).rejects.toMatchObject({ reason: "REQUEST_INVALID" });
  });

  it("tell statistics, of a model, a version, a label, or all", async () => {
    const figures = { count: 2, ms: 1.5 };
    const none = { count: 0, ms: 0 };
    const total = {
      succeeded: figures,
      failed: none,
      errors: new Map(),
      decode: none,
      queue: none,
      compute: figures,
      encode: none,
      inferences: 5,
      executions: 2,
      batches: new Map([[4, figures]]),
    };
    const version = {
      model: "m",
      version: 1n,
      lastRequestAtMs: 1_000.7,
      total,
    } as Partial<VersionStatistics> as VersionStatistics;
    const statistics = {
      models: () => [{ model: "m", versions: [version], unrouted: new Map() }],
      model: () => ({ model: "m", versions: [version], unrouted: new Map() }),
      version: (_model: string, number: bigint) => (number === 1n ? version : undefined),
    } as Partial<ServerStatistics> as ServerStatistics;
    const status = { model: "m", versions: [], labels: new Map([["stable", 1n]]) };
    const server = {
      status: (model: string) => (model === "m" ? status : undefined),
    } as Partial<ModelServer> as ModelServer;
    const ask = async (path: string, params: Record<string, string>) => {
      const answer = await route(path, { statistics, server }).handle(new Request("http://x/"), {
        params: new Map(Object.entries(params)),
      });
      return answer.json();
    };
    const all = await ask("/models/stats", {});
    expect(all).toEqual({
      model_stats: [
        {
          name: "m",
          version: "1",
          last_inference: 1_000,
          inference_count: 5,
          execution_count: 2,
          inference_stats: {
            success: { count: 2, ns: 1_500_000 },
            fail: { count: 0, ns: 0 },
            queue: { count: 0, ns: 0 },
            compute_input: { count: 0, ns: 0 },
            compute_infer: { count: 2, ns: 1_500_000 },
            compute_output: { count: 0, ns: 0 },
            cache_hit: { count: 0, ns: 0 },
            cache_miss: { count: 0, ns: 0 },
          },
          response_stats: {},
          batch_stats: [
            {
              batch_size: 4,
              compute_input: { count: 2, ns: 0 },
              compute_infer: { count: 2, ns: 1_500_000 },
              compute_output: { count: 2, ns: 0 },
            },
          ],
          memory_usage: [],
        },
      ],
    });
    expect(await ask("/models/:model/stats", { model: "m" })).toEqual(all);
    for (const each of ["1", "stable"]) {
      expect(await ask("/models/:model/versions/:version/stats", { model: "m", version: each })).toEqual(all);
    }
    await expect(ask("/models/:model/stats", { model: "n" })).rejects.toThrow(
      "Request for unknown model: 'n' is not found",
    );
    await expect(ask("/models/:model/versions/:version/stats", { model: "m", version: "2" })).rejects.toThrow(
      "version 2 is not found",
    );
  });
});
