import { PlinthError } from "@plinth/core";
import { afterEach, describe, expect, it } from "vitest";
import { RestUnderTest, rawRequest } from "../rest-under-test.js";

let rest: RestUnderTest;

afterEach(() => rest[Symbol.asyncDispose]());

async function ask(method: string, path: string, body?: string): Promise<readonly [number, unknown]> {
  const response = await fetch(`${rest.url}${path}`, { method, ...(body !== undefined && { body }) });
  return [response.status, await response.json()];
}

const METADATA = {
  name: "echo",
  versions: ["1"],
  platform: "echo",
  inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
};

describe("the routes of /v2", () => {
  it.each<[string, string, string | undefined, number, unknown]>([
    ["GET", "/v2", undefined, 200, expect.objectContaining({ name: "plinth", version: expect.any(String) })],
    ["GET", "/v2/", undefined, 200, expect.objectContaining({ extensions: expect.arrayContaining(["statistics"]) })],
    ["GET", "/v2/health/live", undefined, 200, { live: true }],
    ["GET", "/v2/health/ready", undefined, 200, { ready: true }],
    ["GET", "/v2/models", undefined, 200, { models: ["echo"] }],
    ["GET", "/v2/models/echo", undefined, 200, METADATA],
    ["GET", "/v2/models/echo/versions/1", undefined, 200, METADATA],
    ["GET", "/v2/models/nope", undefined, 404, { error: "Request for unknown model: 'nope' is not found" }],
    ["GET", "/v2/models/echo/config", undefined, 200, expect.objectContaining({ max_batch_size: 2_147_483_647 })],
    ["GET", "/v2/models/echo/versions/1/config", undefined, 200, expect.objectContaining({ backend: "echo" })],
    ["GET", "/v2/models/echo/ready", undefined, 200, { name: "echo", ready: true }],
    ["GET", "/v2/models/echo/versions/1/ready", undefined, 200, { name: "echo", ready: true }],
    [
      "GET",
      "/v2/models/echo/versions/7/ready",
      undefined,
      404,
      { error: "Request for unknown model: 'echo' version 7 is not found" },
    ],
    [
      "GET",
      "/v2/models/echo/versions/none/ready",
      undefined,
      400,
      { error: expect.stringContaining('neither a version nor a label "none"') },
    ],
    ["GET", "/v2/models/nope/ready", undefined, 404, { error: "Request for unknown model: 'nope' is not found" }],
    ["GET", "/v2/models/echo/infer", undefined, 405, { error: "Expected POST on /v2/models/echo/infer, got GET" }],
    ["POST", "/v2/health/live", "", 405, { error: expect.stringContaining("on /v2/health/live, got POST") }],
    ["GET", "/v2/nothing", undefined, 404, { error: expect.stringContaining("There is nothing at GET /v2/nothing") }],
    ["POST", "/v2/repository/index", "", 200, [{ name: "echo", version: "1", state: "READY", reason: "" }]],
    [
      "POST",
      "/v2/repository/index",
      '{"ready": true}',
      200,
      [{ name: "echo", version: "1", state: "READY", reason: "" }],
    ],
    ["POST", "/v2/repository/index", "[", 400, { error: expect.stringContaining("failed to parse") }],
    [
      "POST",
      "/v2/repository/mine/index",
      "",
      501,
      { error: expect.stringContaining("Naming a repository is not supported") },
    ],
    ["POST", "/v2/repository/mine/models/m/load", "", 501, { error: expect.stringContaining("Naming a repository") }],
    ["GET", "/v2/trace/setting", undefined, 200, expect.objectContaining({ trace_level: ["OFF"] })],
    ["GET", "/v2/models/echo/trace/setting", undefined, 200, expect.objectContaining({ trace_rate: "1000" })],
    [
      "POST",
      "/v2/trace/setting",
      '{"trace_level": ["OFF"], "trace_rate": null}',
      200,
      expect.objectContaining({ trace_count: "-1" }),
    ],
    [
      "POST",
      "/v2/trace/setting",
      '{"trace_level": ["TENSORS"]}',
      501,
      { error: expect.stringContaining("'trace_level' cannot be changed") },
    ],
    ["GET", "/v2/logging", undefined, 200, expect.objectContaining({ log_warning: true })],
    [
      "POST",
      "/v2/logging",
      '{"log_file": "/etc/passwd"}',
      501,
      { error: expect.stringContaining("'log_file' cannot be changed") },
    ],
    ["GET", "/v2/systemsharedmemory/status", undefined, 200, []],
    ["GET", "/v2/cudasharedmemory/region/r/status", undefined, 200, []],
    ["POST", "/v2/systemsharedmemory/unregister", "", 200, {}],
    ["POST", "/v2/systemsharedmemory/region/r/unregister", "", 200, {}],
    [
      "POST",
      "/v2/systemsharedmemory/region/r/register",
      "{}",
      501,
      { error: expect.stringContaining("Shared memory is not offered") },
    ],
  ])("answer %s %s with %j", async (method, path, body, status, expected) => {
    rest = await RestUnderTest.start();
    expect(await ask(method, path, body)).toEqual([status, expected]);
    expect(rest.server.held).toBe(0);
  });

  it("say why the server or a model is not ready", async () => {
    rest = await RestUnderTest.start();
    rest.server.readiness = () => ({ ready: false, reasons: ["Model echo is loading", "Model b has failed"] });
    expect(await ask("GET", "/v2/health/ready")).toEqual([
      503,
      { ready: false, error: "Model echo is loading; Model b has failed" },
    ]);
    const error = new PlinthError("MODEL_FILE_INVALID", "torn");
    rest.server.models = () => [
      { model: "echo", versions: [{ version: 1n, state: "error", error, sinceMs: 0 }], labels: new Map() },
    ];
    expect(await ask("GET", "/v2/models/echo/ready")).toEqual([
      503,
      { error: "Request for unknown model: 'echo' is not at ready state: Model version not ready: torn" },
    ]);
  });

  it("let settings be changed by callers that may manage the server only", async () => {
    rest = await RestUnderTest.start();
    const headers = { "X-Forwarded-For": "203.0.113.7" };
    for (const path of ["/v2/trace/setting", "/v2/logging"]) {
      expect((await rawRequest(`${rest.url}${path}`, { method: "POST", headers })).status).toBe(403);
      expect((await rawRequest(`${rest.url}${path}`, { headers })).status).toBe(200);
    }
  });
});
