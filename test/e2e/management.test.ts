import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { ManagementClient } from "./management-client.js";
import { Serving, TemporaryFolder } from "./serving.js";
import { namesAndDigests, tar } from "./tar.js";

const CONFIG =
  "server: { pollIntervalMs: 20, protectedLabels: [stable] }\nstorage: { use: disk, root: ./models, settleMs: 0 }\n";
const TAR = { "content-type": "application/x-tar" };

let folder: TemporaryFolder;
let serving: Serving;
let api: ManagementClient;
let perceptron: Buffer;
let convolutional: Buffer;

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  const models = join(ROOT, "examples", "digits", "models", "digits");
  perceptron = await readFile(join(models, "1", "model.onnx"));
  convolutional = await readFile(join(models, "2", "model.onnx"));
  serving = await Serving.start(CONFIG, join(folder.path, "config.yaml"));
  api = await ManagementClient.connect(serving.url);
});

afterAll(async () => {
  await serving[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function deploy(model: string, version: number, content: Uint8Array): Promise<void> {
  const path = `/api/models/${model}/versions/${version}`;
  const answer = await api.send("PUT", path, await tar({ name: "model.onnx", content }), TAR);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  await serving.server.settled();
}

describe("the description of the management API", () => {
  it("is right OpenAPI 3.1 and has every route", async () => {
    const { valid, errors } = await new Validator().validate(
      structuredClone(api.document) as object as Record<string, unknown>,
    );
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect((api.document as { openapi?: string }).openapi).toBe("3.1.0");
  });

  it("tells what the server runs by, and what it is made of", async () => {
    const { body: config } = await api.get("/api/config");
    expect(config.settings).toContainEqual(
      expect.objectContaining({
        path: "server.pollIntervalMs",
        value: 20,
        position: expect.stringMatching(/config\.yaml:1:27$/),
      }),
    );
    const { body: plugins } = await api.get("/api/plugins");
    const { version } = JSON.parse(await readFile(join(ROOT, "plugins", "storage-disk", "package.json"), "utf8"));
    expect(plugins.items[0]).toMatchObject({ kind: "storage", use: "disk", name: "@plinth/storage-disk", version });
    const { body: storage } = await api.get("/api/storage");
    expect(storage).toMatchObject({ use: "disk", unreadable: [], records: { writable: true } });
    expect((await api.get("/api/statistics/series")).status).toBe(200);
    const before = (await api.get("/api/history")).body.items.length;
    await api.get("/api/storage");
    expect((await api.get("/api/history")).body.items, "looking changes nothing").toHaveLength(before);
  });

  it("leads from the entry point to everything", async () => {
    const { body } = await api.get("/api");
    for (const { href } of Object.values(body._links) as { href: string }[]) {
      if (href !== "/api/reload" && href !== "/api/openapi.json") expect((await api.get(href)).status).toBe(200);
    }
  });
});

describe("the timeline of a model", () => {
  it("is deployed, labelled, split, shadowed, rolled back, and told by its history", async () => {
    const who = { "plinth-who": "ada", "plinth-why": encodeURIComponent("Prüfung bestanden") };
    await deploy("story", 1, perceptron);
    await deploy("story", 2, convolutional);
    const model = "/api/models/story";
    await api.send("PATCH", model, { versionPolicy: "all" }, who);
    await serving.server.settled();
    const stable = await api.send("PUT", `${model}/labels/stable`, { version: "1" }, who);
    expect(stable).toMatchObject({ status: 200, body: { label: "stable", version: "1" } });
    await api.send("PUT", `${model}/labels/canary`, { version: "2" }, who);
    const rules = { split: { stable: 90, canary: 10 } };
    const split = await api.send("PUT", `${model}/traffic`, rules, who);
    expect(split.body.rules).toEqual(rules);

    let answeredByCanary = 0;
    for (let request = 0; request < 10_000; request++) {
      using handle = await serving.server.models.acquire({ model: "story" });
      if (handle.version === 2n) answeredByCanary++;
    }
    expect(Math.abs(answeredByCanary / 100 - 10)).toBeLessThan(2);

    const shadow = { split: { stable: 1 }, shadow: { to: "canary", percent: 100 } };
    await api.send("PUT", `${model}/traffic`, shadow, who);
    const body = await readFile(join(ROOT, "examples", "digits", "seven.json"), "utf8");
    expect((await serving.predict("story", body)).status).toBe(200);
    await expect
      .poll(async () => (await api.get(`${model}/traffic`)).body.shadow)
      .toMatchObject({ version: "2", failed: 0, dropped: 0, maxDifference: expect.any(Number) });

    const { body: page } = await api.get(`${model}/history`);
    const afterLabels = page.items.find(
      (each: { action: { label?: string } }) => each.action.label === "canary",
    ).revision;
    const rolledBack = await api.send("POST", `${model}/rollback`, { to: afterLabels }, who);
    expect(rolledBack.body).toMatchObject({ action: { kind: "rollback", to: afterLabels }, who: "ada" });
    expect((await api.get(`${model}/traffic`)).body.rules).toEqual({ split: {} });

    const { body: history } = await api.get(`${model}/history`);
    const told = history.items.map(({ action, who: by, why }: never) => [(action as { kind: string }).kind, by, why]);
    const change = (kind: string) => [kind, "ada", "Prüfung bestanden"];
    expect(told).toEqual([
      change("rollback"),
      change("set-traffic"),
      change("set-traffic"),
      change("set-label"),
      change("set-label"),
      change("set-versions"),
      ["publish", "anonymous", undefined],
      ["publish", "anonymous", undefined],
    ]);
    expect(history.items[2].after.traffic).toEqual(rules);
  });
});

describe("a version over the API", () => {
  it("tells how it is called while it is in memory", async () => {
    await deploy("called", 1, perceptron);
    const path = "/api/models/called/versions/1";
    const { body } = await api.get(path);
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
    await serving.server.settled();
    expect((await api.get(path)).body).not.toHaveProperty("signatures");
    expect((await api.get("/api/models/called/versions")).body.items[0]).not.toHaveProperty("signatures");
  });
});

describe("labels over the API", () => {
  beforeAll(() => deploy("labels", 1, perceptron));

  it("need a reason where they are protected, and an available version", async () => {
    const path = "/api/models/labels/labels";
    expect(await api.send("PUT", `${path}/stable`, { version: "1" })).toMatchObject({
      status: 403,
      body: { reason: "LABEL_PROTECTED" },
    });
    expect(await api.send("PUT", `${path}/next`, { version: "9" })).toMatchObject({ status: 404 });
    expect(await api.send("PUT", `${path}/next`, { version: "9", allowUnavailable: true })).toMatchObject({
      status: 200,
    });
    expect((await api.get(path)).body.items).toHaveLength(1);
    expect((await api.get(`${path}/next`)).body.version).toBe("9");
    expect(await api.send("DELETE", `${path}/next`)).toMatchObject({ status: 200 });
    expect(await api.send("DELETE", `${path}/next`)).toMatchObject({
      status: 404,
      body: { reason: "LABEL_NOT_FOUND" },
    });
  });

  it("are not changed on an older revision than was read", async () => {
    const path = "/api/models/labels/labels/mine";
    const etag = (await api.get("/api/models/labels")).headers.get("etag") ?? "";
    const first = await api.send("PUT", path, { version: "1" }, { "if-match": etag });
    expect(first.status).toBe(200);
    const late = await api.send("PUT", path, { version: "1" }, { "if-match": etag });
    expect(late).toMatchObject({ status: 412, body: { reason: "REVISION_CONFLICT" } });
    const next = await api.send("PUT", path, { version: "1" }, { "if-match": first.headers.get("etag") ?? "" });
    expect(next.status).toBe(200);
    expect((await api.send("PUT", path, { version: "1" }, { "if-match": "W/nonsense" })).status).toBe(400);
  });
});

describe("versions over the API", () => {
  it("come back as they were sent", async () => {
    const files = [
      { name: "./model.onnx", content: perceptron },
      { name: "notes/a b.txt", content: Buffer.from("hello") },
    ];
    const packed = gzipSync(await tar({ name: "notes/", type: "directory" }, ...files));
    const digest = createHash("sha256").update(packed).digest("base64");
    const answer = await api.send("POST", "/api/models/copies/versions", packed, {
      "content-type": "application/gzip",
      "content-digest": `sha-256=:${digest}:`,
    });
    expect(answer).toMatchObject({
      status: 201,
      body: { version: { version: "1" }, revision: { action: { kind: "publish" } } },
    });
    expect(answer.headers.get("location")).toBe("/api/models/copies/versions/1");
    const download = await fetch(`${serving.url}/api/models/copies/versions/1/content`);
    expect(download.headers.get("content-type")).toBe("application/x-tar");
    const expected = await tar(...files.map(({ name, content }) => ({ name: name.replace("./", ""), content })));
    expect(await namesAndDigests(Buffer.from(await download.arrayBuffer()))).toEqual(await namesAndDigests(expected));
  });

  it("may come as a form", async () => {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(perceptron)]), "model.onnx");
    form.append("file", new Blob(["hello"]), "notes/a.txt");
    const response = await fetch(`${serving.url}/api/models/forms/versions`, { method: "POST", body: form });
    expect(response.status, await response.clone().text()).toBe(201);
    await using files = await serving.server.storage.open("forms", 1n, { signal: new AbortController().signal });
    expect(files.files.map(({ path }) => path)).toEqual(["model.onnx", "notes/a.txt"]);
  });

  it.each([
    ["a path that leads out", () => tar({ name: "../evil", content: Buffer.from("x") })],
    ["an absolute path", () => tar({ name: "/etc/evil", content: Buffer.from("x") })],
    ["a symbolic link", () => tar({ name: "evil", type: "symlink", linkname: "/etc/passwd" })],
    ["a hard link", () => tar({ name: "evil", type: "link", linkname: "model.onnx" })],
    ["a device", () => tar({ name: "evil", type: "character-device" })],
    [
      "the same path twice",
      () => tar({ name: "a", content: Buffer.from("x") }, { name: "a", content: Buffer.from("y") }),
    ],
    ["no file at all", () => tar({ name: "empty/", type: "directory" })],
    ["a tar that is cut", async () => (await tar({ name: "model.onnx", content: perceptron })).subarray(0, 5_000)],
    ["no tar", async () => Buffer.from("hello ".repeat(200))],
    ["nothing", async () => Buffer.alloc(0)],
  ])("are refused with %s, and nothing remains", async (_name, body) => {
    const answer = await api.send("PUT", "/api/models/hostile/versions/1", await body(), TAR);
    expect(answer).toMatchObject({ status: 400, body: { reason: "FILES_INVALID" } });
    expect((await api.get("/api/models/hostile")).status).toBe(404);
  });

  it("are refused with a wrong digest, an unknown media type, a bad number, and where they exist", async () => {
    const body = await tar({ name: "model.onnx", content: perceptron });
    const path = "/api/models/refused/versions/1";
    const digest = `sha-256=:${createHash("sha256").update("other").digest("base64")}:`;
    const wrong = await api.send("PUT", path, body, { ...TAR, "content-digest": digest });
    expect(wrong).toMatchObject({ status: 400, body: { reason: "FILES_INVALID" } });
    const zip = await api.send("PUT", path, body, { "content-type": "application/zip" });
    expect(zip).toMatchObject({ status: 415, body: { reason: "MEDIA_TYPE_UNSUPPORTED" } });
    expect((await api.send("PUT", "/api/models/refused/versions/-1", body, TAR)).status).toBe(400);
    expect((await api.send("PUT", path, body, TAR)).status).toBe(201);
    expect(await api.send("PUT", path, body, TAR)).toMatchObject({ status: 409, body: { reason: "VERSION_EXISTS" } });
  });

  it("come in parts, which go on where they were", async () => {
    const sha256 = createHash("sha256").update(perceptron).digest("hex");
    const file = { path: "model.onnx", bytes: perceptron.length, sha256 };
    const begun = await api.send("POST", "/api/uploads", { model: "parts", version: "5", files: [file] });
    expect(begun).toMatchObject({ status: 201, body: { files: [{ received: 0 }] } });
    const path = begun.headers.get("location") ?? "";
    const send = (offset: number, part: Uint8Array) =>
      api.send("PATCH", `${path}/files/0`, part, {
        "content-type": "application/octet-stream",
        "upload-offset": String(offset),
      });
    expect((await send(0, perceptron.subarray(0, 1_000))).body.files[0].received).toBe(1_000);
    expect(await api.send("POST", `${path}/complete`)).toMatchObject({
      status: 409,
      body: { reason: "UPLOAD_INCOMPLETE" },
    });
    expect(await send(0, perceptron)).toMatchObject({ status: 409, body: { expectedOffset: 1_000 } });
    expect((await api.get(path)).body.files[0].received).toBe(1_000);
    expect((await send(1_000, perceptron.subarray(1_000))).status).toBe(200);
    expect(await api.send("POST", `${path}/complete`)).toMatchObject({
      status: 201,
      body: { version: { version: "5" } },
    });
    expect((await api.get(path)).status).toBe(404);
    await serving.server.settled();
    expect((await api.get("/api/models/parts/versions/5")).body.state).toBe("available");
  });

  it("in parts are checked, and can be dropped", async () => {
    const file = { path: "model.onnx", bytes: 5, sha256: "0".repeat(64) };
    const begun = await api.send("POST", "/api/uploads", { model: "wrong", files: [file] });
    const path = begun.body._links.self.href;
    const headers = { "content-type": "application/octet-stream", "upload-offset": "0" };
    await api.send("PATCH", `${path}/files/0`, "hello", headers);
    expect(await api.send("POST", `${path}/complete`)).toMatchObject({
      status: 400,
      body: { reason: "FILES_INVALID" },
    });
    expect((await api.get("/api/models/wrong")).status).toBe(404);
    expect((await api.send("DELETE", path)).status).toBe(200);
    expect((await api.send("DELETE", path)).status).toBe(404);
    expect((await api.send("PATCH", `${path}/files/x`, "hello", headers)).status).toBe(400);
  });

  it("leave nothing when the client goes away in the middle", async () => {
    const { hostname, port } = new URL(serving.url);
    const body = await tar({ name: "model.onnx", content: perceptron });
    const socket = connect(Number(port), hostname);
    socket.write(
      `PUT /api/models/gone/versions/1 HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/x-tar\r\n` +
        `Content-Length: ${body.length}\r\n\r\n`,
    );
    await new Promise<void>((resolve) => socket.write(body.subarray(0, 10_000), () => resolve()));
    socket.destroy();
    await deploy("after-gone", 1, perceptron);
    expect((await api.get("/api/models/gone")).status).toBe(404);
  });

  it("are loaded, unloaded and removed", async () => {
    await deploy("moves", 1, perceptron);
    await deploy("moves", 2, convolutional);
    const state = async (version: number) => (await api.get(`/api/models/moves/versions/${version}`)).body.state;
    await expect.poll(() => state(1)).not.toBe("available");
    const loaded = await api.send("POST", "/api/models/moves/versions/1/load");
    expect(loaded.body.action).toEqual({ kind: "load", version: "1" });
    await expect.poll(() => state(1)).toBe("available");
    await api.send("POST", "/api/models/moves/versions/2/unload");
    await expect.poll(() => state(2)).toBe("end");
    expect((await api.send("DELETE", "/api/models/moves/versions/2")).status).toBe(200);
    expect((await api.send("DELETE", "/api/models/moves/versions/2")).status).toBe(404);
    await api.send("POST", "/api/models/moves/unload");
    expect((await api.get("/api/models/moves")).body.served).toBe(false);
    await api.send("POST", "/api/models/moves/load");
    await expect.poll(async () => (await api.get("/api/models/moves")).body.ready).toBe(true);
    expect((await api.get("/api/models/moves/versions")).body.items).not.toHaveLength(0);
  });
});

describe("requests over the API", () => {
  beforeAll(() => deploy("requests", 1, perceptron));

  it("are done once when they come again with the same key", async () => {
    const headers = { "idempotency-key": "abc-123" };
    const send = () => api.send("POST", "/api/models/requests/load", undefined, headers);
    const [first, again] = await Promise.all([send(), send()]);
    expect(again.body.revision).toBe(first.body.revision);
    const other = await api.send("POST", "/api/models/requests/unload", undefined, headers);
    expect(other).toMatchObject({ status: 422, body: { reason: "IDEMPOTENCY_KEY_REUSED" } });
    expect((await api.send("POST", "/api/models/requests/load", undefined, { "idempotency-key": "" })).status).toBe(
      400,
    );
  });

  it("are refused with what was wrong and where", async () => {
    const put = (body: unknown) => api.send("PUT", "/api/models/requests/traffic", body);
    expect(await put({ splitt: {} })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining("splitt") },
    });
    expect(await put({ split: { "1": -1 } })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining("split.1") },
    });
    expect(await put({ split: { canary: 1 } })).toMatchObject({ status: 404, body: { reason: "LABEL_NOT_FOUND" } });
    const text = await api.send("PUT", "/api/models/requests/traffic", "{}", { "content-type": "text/plain" });
    expect(text).toMatchObject({ status: 415 });
    const broken = await api.send("PUT", "/api/models/requests/traffic", "{", { "content-type": "application/json" });
    expect(broken).toMatchObject({ status: 400, body: { reason: "REQUEST_INVALID" } });
    expect((await api.get("/api/models/none")).status).toBe(404);
    expect((await api.get("/api/history?limit=0")).status).toBe(400);
    expect((await api.get("/api/history/999999")).status).toBe(404);
    expect((await api.get("/api/history/x")).status).toBe(400);
    const large = await api.send("PUT", "/api/models/requests/traffic", {
      split: { x: 1 },
      filler: "x".repeat(2_000_000),
    });
    expect(large.status).toBe(413);
  });

  it("reset the traffic to what is configured", async () => {
    const path = "/api/models/requests/traffic";
    await api.send("PUT", path, { split: { "1": 1 }, stickyBy: "X-User" });
    expect((await api.get(path)).body.rules).toEqual({ split: { "1": 1 }, stickyBy: "x-user" });
    expect((await api.send("DELETE", path)).body.rules).toEqual({ split: {} });
  });

  it("are led to the right path and method", async () => {
    expect(await api.get("/api/modles")).toMatchObject({ status: 404, body: { reason: "ROUTE_NOT_FOUND" } });
    const wrong = await api.send("DELETE", "/api/models/requests");
    expect(wrong).toMatchObject({ status: 405, body: { reason: "METHOD_NOT_ALLOWED" } });
    expect(wrong.headers.get("allow")).toBe("GET, PATCH");
  });

  it("page through the history", async () => {
    const first = await api.get("/api/history?limit=2");
    expect(first.body.items).toHaveLength(2);
    const second = await api.get(first.body._links.next.href);
    expect(second.body.items[0].revision).toBe(first.body.items[1].revision - 1);
    const one = await api.get(`/api/history/${first.body.items[0].revision}`);
    expect(one.body).toEqual(first.body.items[0]);
  });
});

describe("a reload over the API", () => {
  it("applies another configuration whole, or not at all, and pins what it says", async () => {
    await deploy("reloaded", 1, perceptron);
    const pinned = `${CONFIG}models:\n  reloaded: { labels: { fixed: 1 } }\n`;
    serving.rewrite(`${pinned}  other: { versions: none }\n`);
    const bad = await api.send("POST", "/api/reload");
    expect(bad).toMatchObject({ status: 400, body: { reason: "CONFIG_INVALID" } });
    expect(bad.body.detail).toContain("config.yaml:5:22");
    serving.rewrite(pinned.replace("pollIntervalMs: 20", "pollIntervalMs: 21"));
    expect(await api.send("POST", "/api/reload")).toMatchObject({ status: 409, body: { reason: "RESTART_NEEDED" } });
    serving.rewrite(pinned);
    const good = await api.send("POST", "/api/reload");
    expect(good).toMatchObject({ status: 200, body: { added: ["reloaded"], unavailable: {} } });
    expect((await api.get("/api/models/story")).body.served).toBe(false);
    const label = await api.get("/api/models/reloaded/labels/fixed");
    expect(label.body.pinnedBy).toContain("config.yaml:4:25");
    const move = await api.send("PUT", "/api/models/reloaded/labels/fixed", { version: "1" });
    expect(move).toMatchObject({ status: 409, body: { reason: "PINNED_BY_CONFIG" } });
    expect(move.body.detail).toContain("config.yaml:4:25");
    serving.rewrite(CONFIG);
    const back = await api.send("POST", "/api/reload");
    expect(back.body).toMatchObject({ removed: ["reloaded"] });
    await expect.poll(async () => (await api.get("/api/models/story")).body.ready).toBe(true);
  });
});

describe("statistics", () => {
  it("tell of each request exactly, in totals, windows and the series", async () => {
    await deploy("counted", 1, perceptron);
    const body = await readFile(join(ROOT, "examples", "digits", "seven.json"), "utf8");
    for (let request = 0; request < 20; request++) expect((await serving.predict("counted", body)).status).toBe(200);
    for (const wrong of ["no JSON", '{"inputs": [1]}'])
      expect((await serving.predict("counted", wrong)).status).toBe(400);
    expect((await serving.predict("counted/versions/9", body)).status).toBe(404);
    expect((await serving.predict("made-up", body)).status).toBe(404);

    const { body: version } = await api.get("/api/models/counted/versions/1/statistics");
    expect(version).toMatchObject({
      model: "counted",
      version: "1",
      inFlight: 0,
      queued: 0,
      minute: { requests: 22, failed: 2, errors: { INVALID_ARGUMENT: 2 } },
      total: { succeeded: { count: 20 }, decode: { count: 20 }, encode: { count: 20 }, executions: 20, inferences: 20 },
    });
    const { latency, queue, compute } = version.hour;
    expect(latency.p50).toBeGreaterThan(queue.p50 + compute.p50);
    expect(latency.p99).toBeLessThanOrEqual(latency.max);
    const ofSeries = version.series.reduce((sum: number, { requests }: { requests: number }) => sum + requests, 0);
    expect(ofSeries).toBe(22);
    expect((await api.get("/api/models/counted/statistics")).body).toMatchObject({
      versions: [{ version: "1" }],
      unrouted: { NOT_FOUND: 1 },
    });
    const { body: all } = await api.get("/api/statistics");
    expect(all.unknownModels.NOT_FOUND).toBeGreaterThanOrEqual(1);
    expect(all.processes).toMatchObject([{ role: "main", pid: process.pid }]);
    expect(JSON.stringify(all)).not.toContain("made-up");
  });

  it("are not there of what was never loaded", async () => {
    expect((await api.get("/api/models/made-up/statistics")).status).toBe(404);
    expect((await api.get("/api/models/counted/versions/9/statistics")).status).toBe(404);
  });
});

it("the tests above have asked every operation of the document", () => {
  const all = Object.entries(api.document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  const untested = all.filter((operation) => !api.seen.has(operation));
  // These two answer with what is no JSON document of a schema; they are asked with fetch.
  expect(untested.sort()).toEqual(["get /api/models/{model}/versions/{version}/content", "get /api/openapi.json"]);
});
