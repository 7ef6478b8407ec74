import { type Deployments, type ModelServer, type ModelStatus, PlinthError, type VersionStatus } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { loadModel, loadRoute, unloadRoute } from "../src/index.js";

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

  it("load and unload, with or without a body", async () => {
    const loaded = repository({ state: "available" });
    const answers = [
      await loadRoute(loaded, "management").handle(post(), context),
      await loadRoute(loaded, "management").handle(post('{"parameters": {}}'), context),
      await unloadRoute(loaded, "management").handle(post('{"parameters": {"unload_dependents": true}}'), context),
    ];
    expect(await Promise.all(answers.map((each) => each.json()))).toEqual([
      { name: "m", load: true },
      { name: "m", load: true },
      { name: "m", unload: true },
    ]);
    expect(loaded.changes).toHaveLength(3);
  });

  it.each(["[]", "null", "{", '{"parameters": 1}'])("refuse the body %s", async (body) => {
    await expect(loadRoute(repository(), "public").handle(post(body), context)).rejects.toMatchObject({
      reason: "REQUEST_INVALID",
    });
  });
});
