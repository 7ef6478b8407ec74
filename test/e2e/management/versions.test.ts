import type {
  DescribedVersion,
  Model,
  ModelList,
  RevisionDocument,
  RevisionList,
  Version,
  VersionList,
} from "@plinth/management";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ManagementClient } from "../management-client.js";
import { ManagementUnderTest } from "./management-under-test.js";

let subject: ManagementUnderTest;
let api: ManagementClient;

beforeAll(async () => {
  subject = await ManagementUnderTest.start();
  api = subject.api;
});

afterAll(() => subject[Symbol.asyncDispose]());

describe("versions over the API", () => {
  it("are loaded, unloaded and removed", async () => {
    await subject.deploy("moves", 1);
    await subject.deploy("moves", 2, subject.convolutional);
    const state = async (version: number) =>
      (await api.get<Version>(`/api/models/moves/versions/${version}`)).body.state;
    await expect.poll(() => state(1)).not.toBe("available");
    const loaded = await api.send<RevisionDocument>("POST", "/api/models/moves/versions/1/load");
    expect(loaded.body.action).toEqual({ kind: "load", version: "1" });
    await expect.poll(() => state(1)).toBe("available");
    await api.send("POST", "/api/models/moves/versions/2/unload");
    await expect.poll(() => state(2)).toBe("end");
    expect((await api.send("DELETE", "/api/models/moves/versions/2")).status).toBe(200);
    expect((await api.send("DELETE", "/api/models/moves/versions/2")).status).toBe(404);
    await api.send("POST", "/api/models/moves/unload");
    expect((await api.get<Model>("/api/models/moves")).body.served).toBe(false);
    await api.send("POST", "/api/models/moves/load");
    await expect.poll(async () => (await api.get<Model>("/api/models/moves")).body.ready).toBe(true);
    expect((await api.get<VersionList>("/api/models/moves/versions")).body.items).not.toHaveLength(0);
  });

  it("go all together, once the model is unloaded or it is forced, and its history stays", async () => {
    const path = "/api/models/leaves";
    await subject.deploy("leaves", 1);
    await subject.deploy("leaves", 2);
    await api.send("PUT", `${path}/labels/canary`, { version: "1", allowUnavailable: true });
    await api.send("PUT", `${path}/traffic`, { split: { canary: 1 } });
    const refused = await api.send("DELETE", path);
    expect(refused).toMatchObject({ status: 409, body: { reason: "MODEL_IN_USE" } });
    const headers = { "plinth-who": "ada", "plinth-why": "nobody%20asks%20it" };
    await api.send("PUT", `${path}/labels/stable`, { version: "2" }, headers);
    await api.send("POST", `${path}/unload`);
    const unreasoned = await api.send("DELETE", path);
    expect(unreasoned).toMatchObject({ status: 403, body: { reason: "LABEL_PROTECTED" } });
    const removed = await api.send<RevisionDocument>("DELETE", path, undefined, headers);
    expect(removed).toMatchObject({
      status: 200,
      body: { action: { kind: "remove" }, who: "ada", after: {} },
    });
    expect(removed.headers.get("etag")).toBe(`"${removed.body.revision}"`);
    expect((await api.get(path)).status).toBe(404);
    expect((await api.send("DELETE", path)).status).toBe(404);
    const { items } = (await api.get<ModelList>("/api/models")).body;
    expect(items.map(({ model }) => model)).not.toContain("leaves");
    const history = (await api.get<RevisionList>("/api/history?model=leaves")).body.items;
    const kinds = ["remove", "unload", "set-label", "set-traffic", "set-label", "publish", "publish"];
    expect(history.map(({ action }) => action.kind)).toEqual(kinds);

    await subject.deploy("leaves", 1);
    const again = (await api.get<Model>(path)).body;
    expect(again).toMatchObject({ served: true, ready: true, labels: {}, traffic: { split: {} } });
    expect(again.revision).toBeGreaterThan(removed.body.revision);
    const forced = await api.send<RevisionDocument>("DELETE", `${path}?force=true`);
    expect(forced.body.before).toMatchObject({ served: false });
    await subject.serving.server.settled();
    expect((await api.get(path)).status).toBe(404);
    expect((await api.send("DELETE", `${path}?force=perhaps`)).status).toBe(400);
  });

  it("tell how they are called while they are in memory", async () => {
    await subject.deploy("called", 1);
    const path = "/api/models/called/versions/1";
    const { body } = await api.get<DescribedVersion>(path);
    expect(body).toMatchObject({ state: "available", backend: "onnx" });
    expect(body.signatures).toEqual([
      {
        name: "serving_default",
        method: "tensorflow/serving/predict",
        inputs: [{ name: "image", dtype: "float32", shape: [-1, 784] }],
        outputs: [
          { name: "digit", dtype: "int64", shape: [-1] },
          { name: "probabilities", dtype: "float32", shape: [-1, 10] },
        ],
        shapes: "binding",
      },
    ]);
    await api.send("POST", `${path}/unload`);
    await subject.serving.server.settled();
    expect((await api.get(path)).body).not.toHaveProperty("signatures");
    const { items } = (await api.get<VersionList>("/api/models/called/versions")).body;
    expect(items[0]).not.toHaveProperty("signatures");
  });

  it("are served as the policy says, also none of them (S08)", async () => {
    await subject.deploy("few", 1);
    await subject.deploy("few", 2);
    const available = async () => {
      const { items } = (await api.get<VersionList>("/api/models/few/versions")).body;
      return items.flatMap(({ state, version }) => (state === "available" ? [version] : []));
    };
    const serve = (versionPolicy: unknown) => api.send("PATCH", "/api/models/few", { versionPolicy });
    await serve("all");
    await expect.poll(available).toEqual(["2", "1"]);
    await serve(["1"]);
    await expect.poll(available).toEqual(["1"]);
    await serve([]);
    await expect.poll(available).toEqual([]);
    await serve(null);
    await expect.poll(available).toEqual(["2"]);
  });
});
