import { createHash } from "node:crypto";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tar } from "../tar.js";
import { CONFIG, ManagementUnderTest, TAR } from "./management-under-test.js";

let subject: ManagementUnderTest;
let archive: Buffer;
let calls: readonly Call[];

/** A request that succeeds when those before it have been made. */
interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const MODEL = "/api/models/m";
const BYTES = Buffer.from("hello");
const FILE = { path: "a.txt", bytes: BYTES.length, sha256: createHash("sha256").update(BYTES).digest("hex") };
const PART = { "content-type": "application/octet-stream", "upload-offset": "0" };

beforeAll(async () => {
  subject = await ManagementUnderTest.start();
  archive = await tar({ name: "model.onnx", content: subject.perceptron });
  const upload = () => subject.api.send<{ readonly id: string }>("POST", "/api/uploads", { model: "u", files: [FILE] });
  const [first, second] = [(await upload()).body.id, (await upload()).body.id];
  calls = everyOperation(archive, first, second);
});

afterAll(() => subject[Symbol.asyncDispose]());

/** Every operation, in an order in which each succeeds. */
function everyOperation(content: Buffer, upload: string, droppedUpload: string): readonly Call[] {
  const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Call => ({
    method,
    path,
    body,
    ...(headers && { headers }),
  });
  return [
    call("GET", "/api"),
    call("GET", "/api/openapi.json"),
    call("GET", "/api/health"),
    call("GET", "/api/config"),
    call("GET", "/api/plugins"),
    call("GET", "/api/storage"),
    call("PUT", `${MODEL}/versions/1`, content, TAR),
    call("POST", `${MODEL}/versions`, content, TAR),
    call("GET", "/api/models"),
    call("GET", MODEL),
    call("PATCH", MODEL, { versionPolicy: "all" }),
    call("GET", `${MODEL}/versions`),
    call("GET", `${MODEL}/versions/1`),
    call("GET", `${MODEL}/versions/1/files`),
    call("GET", `${MODEL}/versions/1/content`),
    call("POST", `${MODEL}/versions/1/load`),
    call("PUT", `${MODEL}/labels/canary`, { version: "1" }),
    call("GET", `${MODEL}/labels`),
    call("GET", `${MODEL}/labels/canary`),
    call("PUT", `${MODEL}/traffic`, { split: { canary: 1 } }),
    call("GET", `${MODEL}/traffic`),
    call("DELETE", `${MODEL}/traffic`),
    call("GET", `${MODEL}/history`),
    call("GET", "/api/history?model=m&limit=2"),
    call("GET", "/api/history/1"),
    call("DELETE", `${MODEL}/labels/canary`),
    call("GET", "/api/statistics"),
    call("GET", "/api/statistics/series"),
    call("GET", `${MODEL}/statistics`),
    call("GET", `${MODEL}/versions/1/statistics`),
    call("POST", `${MODEL}/versions/1/unload`),
    call("DELETE", `${MODEL}/versions/1`),
    call("POST", `${MODEL}/unload`),
    call("POST", `${MODEL}/load`),
    call("POST", `${MODEL}/rollback`, { to: 2 }),
    call("PUT", "/api/models/gone/versions/1", content, TAR),
    call("DELETE", "/api/models/gone?force=true"),
    call("POST", "/api/uploads", { model: "other", files: [FILE] }),
    call("GET", "/api/uploads"),
    call("GET", `/api/uploads/${upload}`),
    call("PATCH", `/api/uploads/${upload}/files/0`, BYTES, PART),
    call("DELETE", `/api/uploads/${droppedUpload}`),
    call("POST", `/api/uploads/${upload}/complete`),
    call("POST", "/api/reload"),
  ];
}

/** Where the links in a document lead, of whatever depth. */
function linksIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return [];
  const { href } = value as { readonly href?: unknown };
  return typeof href === "string" ? [href] : Object.values(value).flatMap(linksIn);
}

function digestOf(body: Buffer): Readonly<Record<string, string>> {
  return { "content-digest": `sha-256=:${createHash("sha256").update(body).digest("base64")}:` };
}

describe("the description of the management API", () => {
  it("is right OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(subject.api.document)));
    expect([valid, errors]).toEqual([true, undefined]);
    expect(subject.api.document.openapi).toBe("3.1.0");
  });

  it("holds for every operation: what it answers, its ETag, If-Match, Idempotency-Key", async () => {
    const asked = new Set<string>();
    for (const { method, path, body, headers = {} } of calls) {
      const [, operation] = subject.api.operation(method, path) ?? [];
      const what = `${method} ${path}`;
      if (operation === undefined) throw new Error(`${what} is not in the document`);
      asked.add(operation.operationId);
      const takes = (header: string) => operation.parameters?.some(({ name }) => name === header) === true;
      if (takes("If-Match")) {
        const late = await subject.api.send(method, path, body, { ...headers, "if-match": '"999"' });
        expect(late, what).toMatchObject({ status: 412, body: { reason: "REVISION_CONFLICT" } });
      }
      const key = { "idempotency-key": encodeURIComponent(what), ...(body instanceof Buffer && digestOf(body)) };
      const once = { ...headers, ...(takes("Idempotency-Key") && key) };
      const answer = await subject.api.send(method, path, body, once);
      expect(String(answer.status), `${what}: ${JSON.stringify(answer.body)}`).toBe(
        Object.keys(operation.responses)[0],
      );
      if (takes("Idempotency-Key"))
        expect((await subject.api.send(method, path, body, once)).body, what).toEqual(answer.body);
      await subject.serving.server.settled();
    }
    const all = Object.values(subject.api.document.paths).flatMap((operations) => Object.values(operations));
    expect([...asked].sort()).toEqual(all.map(({ operationId }) => operationId).sort());
  });

  it("holds for whoever may not manage: every operation, and what is none", async () => {
    const nothing: Call = { method: "GET", path: "/api/nothing" };
    const elsewhere = { "x-forwarded-for": "203.0.113.7" };
    for (const { method, path, body, headers = {} } of [...calls, nothing]) {
      const refused = await subject.api.send(method, path, body, { ...headers, ...elsewhere });
      expect(refused, `${method} ${path}`).toMatchObject({
        status: 403,
        body: { reason: "PERMISSION_DENIED", status: 403, instance: path.replace(/\?.*/, "") },
      });
      expect(refused.headers.get("content-type")).toBe("application/problem+json");
    }
  });

  it("holds where a token is wanted, and nothing but the management API answers in its form", async () => {
    const token = "a-token-of-ada-0123456789";
    await using guarded = await ManagementUnderTest.start({
      config: CONFIG.replace("server: {", `server: { managementTokens: { ada: ${token} },`),
      headers: { authorization: `Bearer ${token}` },
    });
    expect((await guarded.api.get("/api/health")).status).toBe(200);
    for (const [authorization, reason] of [
      ["", "TOKEN_MISSING"],
      ["Bearer another-token-0123456789", "TOKEN_UNKNOWN"],
    ] as const) {
      const refused = await guarded.api.send("GET", "/api/health", undefined, { authorization });
      expect(refused, reason).toMatchObject({ status: 401, body: { reason, code: "UNAUTHENTICATED" } });
    }
    const load = await fetch(`${guarded.serving.url}/v2/repository/models/m/load`, { method: "POST" });
    expect([load.status, await load.json()]).toEqual([401, { error: expect.stringContaining("Bearer") }]);
    const predict = await fetch(`${guarded.serving.url}/v1/models/none:predict`, { method: "POST", body: "{}" });
    expect(await predict.json()).toEqual({ error: expect.any(String) });
  });

  it("is led through by the links of its answers, from the entry point to everything that can be read", async () => {
    const linked = await ManagementUnderTest.start();
    await using _ = linked;
    const { api } = linked;
    await linked.deploy("m", 1);
    await api.send("PUT", "/api/models/m/labels/canary", { version: "1" });
    await api.send("POST", "/api/uploads", { model: "m", files: [FILE] });
    const seen = new Set<string>();
    const toSee = ["/api"];
    for (let path = toSee.pop(); path !== undefined; path = toSee.pop()) {
      if (seen.has(path) || api.operation("GET", path) === undefined) continue;
      seen.add(path);
      const { status, body } = await api.get(path);
      expect(status, path).toBe(200);
      if (path !== "/api/openapi.json") toSee.push(...linksIn(body));
    }
    const reached = [...seen].map((path) => api.operation("GET", path)?.[0]);
    const readable = Object.entries(api.document.paths).flatMap(([path, { get }]) => (get === undefined ? [] : [path]));
    expect([...new Set(reached)].sort()).toEqual(readable.sort());
  });
});
