import { request as httpRequest } from "node:http";
import { buffer } from "node:stream/consumers";
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { PlinthError } from "@plinth/core";
import { afterEach, describe, expect, it } from "vitest";
import { RestUnderTest, rawExchange } from "../rest-under-test.js";

let rest: RestUnderTest;

afterEach(async () => {
  await expect.poll(() => rest.server.held).toBe(0);
  await rest[Symbol.asyncDispose]();
});

type Bytes = Uint8Array<ArrayBuffer>;

const BODY = '{"id": "7", "inputs": [{"name": "x", "shape": [2], "datatype": "FP32", "data": [1, 2]}]}';
const ANSWER = {
  model_name: "echo",
  model_version: "1",
  id: "7",
  outputs: [{ name: "y", datatype: "FP32", shape: [2], data: [1, 2] }],
};

function infer(body: string | Bytes, headers: Record<string, string> = {}, path = "echo/infer"): Promise<Response> {
  return fetch(`${rest.url}/v2/models/${path}`, { method: "POST", body, headers });
}

function withRaw(json: string, values: readonly number[]): readonly [Bytes, Record<string, string>] {
  const head = Buffer.from(json);
  const body = Buffer.concat([head, Buffer.from(new Float32Array(values).buffer)]);
  return [new Uint8Array(body), { "Inference-Header-Content-Length": String(head.length) }];
}

/** What comes back, as it comes: `fetch` would unpack it. */
function packedAnswer(
  path: string,
  body: string,
  accepted: string,
): Promise<{ encoding: string | undefined; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { "Accept-Encoding": accepted };
    const request = httpRequest(`${rest.url}${path}`, { method: "POST", headers }, async (response) => {
      resolve({ encoding: response.headers["content-encoding"], body: await buffer(response) });
    });
    request.once("error", reject);
    request.end(body);
  });
}

describe("POST /v2/models/<name>/infer", () => {
  it.each(["echo/infer", "echo/versions/1/infer", "echo/infer?test_1=1", "ech%6f/infer"])(
    "answers %s",
    async (path) => {
      rest = await RestUnderTest.start();
      const response = await infer(BODY, {}, path);
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
      expect(await response.json()).toEqual(ANSWER);
    },
  );

  it("asks for a version by number, and for any other word by label", async () => {
    rest = await RestUnderTest.start();
    await infer(BODY, {}, "echo/versions/12/infer");
    expect(rest.server.lastTarget).toMatchObject({ model: "echo", version: 12n });
    await infer(BODY, {}, "echo/versions/canary/infer");
    expect(rest.server.lastTarget).toMatchObject({ model: "echo", label: "canary" });
  });

  it("takes and gives raw tensors", async () => {
    rest = await RestUnderTest.start();
    const [body, headers] = withRaw(
      '{"inputs": [{"name": "x", "shape": [2], "datatype": "FP32", "parameters": {"binary_data_size": 8}}], "parameters": {"binary_data_output": true}}',
      [3, 4],
    );
    const response = await infer(body, headers);
    const jsonBytes = Number(response.headers.get("inference-header-content-length"));
    const answer = Buffer.from(await response.arrayBuffer());
    expect(JSON.parse(answer.toString("utf8", 0, jsonBytes)).outputs[0].parameters).toEqual({ binary_data_size: 8 });
    expect([answer.readFloatLE(jsonBytes), answer.readFloatLE(jsonBytes + 4), answer.length]).toEqual([
      3,
      4,
      jsonBytes + 8,
    ]);
  });

  it("takes a body that is nothing but one tensor", async () => {
    rest = await RestUnderTest.start();
    const body = new Uint8Array(new Float32Array([5, 6, 7]).buffer);
    const response = await infer(body, { "Inference-Header-Content-Length": "0" });
    const jsonBytes = Number(response.headers.get("inference-header-content-length"));
    const answer = Buffer.from(await response.arrayBuffer());
    expect([...new Float32Array(new Uint8Array(answer.subarray(jsonBytes)).buffer)]).toEqual([5, 6, 7]);
  });

  it("reads raw tensors without a copy where a body comes in several parts", async () => {
    rest = await RestUnderTest.start({ limits: { maxRequestBytes: 10_000_000 } });
    const values = Array.from({ length: 200_000 }, (_, index) => index);
    const json = (padding: string) =>
      `{${padding}"inputs": [{"name": "x", "shape": [200000], "datatype": "FP32", "parameters": {"binary_data_size": 800000}}]}`;
    for (const padding of ["", " ", "  ", "   "]) {
      const [body, headers] = withRaw(json(padding), values);
      const response = await infer(body, headers);
      expect(((await response.json()) as typeof ANSWER).outputs[0]?.data[199_999]).toBe(199_999);
      const x = rest.server.lastCall?.inputs.get("x")?.data as Float32Array;
      expect(x.buffer.byteLength - x.byteLength).toBeGreaterThan(100);
    }
  });

  it.each<[string, Record<string, string>]>([
    ["-1", { "Inference-Header-Content-Length": "-1" }],
    ["a word", { "Inference-Header-Content-Length": "all" }],
    ["more than the body", { "Inference-Header-Content-Length": "4000" }],
    ["past int32", { "Inference-Header-Content-Length": "4294967296" }],
  ])("refuses a length of JSON that is %s", async (_what, headers) => {
    rest = await RestUnderTest.start();
    const response = await infer(BODY, headers);
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining("Inference-Header-Content-Length"),
    ]);
  });

  it.each<[string, (body: string) => Buffer, string]>([
    ["gzip", gzipSync, "gzip"],
    ["zlib", deflateSync, "deflate"],
    ["deflate without zlib around it", deflateRawSync, "deflate"],
  ])("unpacks %s", async (_what, pack, encoding) => {
    rest = await RestUnderTest.start();
    const response = await infer(new Uint8Array(pack(BODY)), { "Content-Encoding": encoding });
    expect(await response.json()).toEqual(ANSWER);
  });

  it("does not unpack past the limit", async () => {
    rest = await RestUnderTest.start();
    for (const pack of [gzipSync, deflateSync]) {
      const bomb = new Uint8Array(pack(" ".repeat(500_000)));
      const response = await infer(bomb, { "Content-Encoding": pack === gzipSync ? "gzip" : "deflate" });
      expect([response.status, await response.text()]).toEqual([413, expect.stringContaining("more after unpacking")]);
    }
  });

  it("packs long answers as the client likes it, in both dialects", async () => {
    rest = await RestUnderTest.start({ limits: { maxRequestBytes: 100_000 } });
    const data = Array.from({ length: 1_000 }, () => 0.25);
    const long = JSON.stringify({ inputs: [{ name: "x", shape: [1_000], datatype: "FP32", data }] });
    const path = "/v2/models/echo/infer";
    const gzipped = await packedAnswer(path, long, "gzip, deflate");
    expect([gzipped.encoding, JSON.parse(gunzipSync(gzipped.body).toString()).outputs[0].data]).toEqual(["gzip", data]);
    const deflated = await packedAnswer(path, long, "gzip;q=0, deflate");
    expect([deflated.encoding, JSON.parse(inflateSync(deflated.body).toString()).outputs[0].data]).toEqual([
      "deflate",
      data,
    ]);
    const predicted = await packedAnswer("/v1/models/echo:predict", JSON.stringify({ inputs: data }), "gzip");
    expect([predicted.encoding, JSON.parse(gunzipSync(predicted.body).toString()).outputs]).toEqual(["gzip", data]);
    expect((await packedAnswer(path, long, "br")).encoding).toBeUndefined();
    expect((await packedAnswer(path, long, "identity, gzip;q=0.5")).encoding).toBeUndefined();
    expect((await packedAnswer(path, BODY, "gzip")).encoding).toBeUndefined();
  });

  it("refuses an overload before the body", async () => {
    rest = await RestUnderTest.start();
    rest.server.isOverloaded = true;
    const head = "POST /v2/models/echo/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
    expect(await rawExchange(rest.url, head)).toMatch(/^HTTP\/1\.1 429 .*Retry-After: 2/s);
  });

  it("tells who asked", async () => {
    rest = await RestUnderTest.start();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await infer(BODY, { "X-Request-Id": "mine", traceparent, tracestate: "a=1" });
    expect(rest.server.lastCall?.origin).toMatchObject({
      protocol: "rest",
      requestId: "mine",
      traceparent,
      tracestate: "a=1",
    });
    await infer(BODY);
    expect(rest.server.lastCall?.origin).toMatchObject({ protocol: "rest", method: "infer", requestId: "7" });
  });

  it.each<[string, string, number, string]>([
    ["an unknown model", "nope/infer", 404, "Request for unknown model: 'nope' is not found"],
    ["a version past int64", "echo/versions/9223372036854775808/infer", 400, "past int64"],
    ["a name that cannot be read", "ech%ff/infer", 400, "not valid percent-encoded UTF-8"],
  ])("refuses %s", async (_what, path, status, error) => {
    rest = await RestUnderTest.start();
    const response = await infer(BODY, {}, path);
    expect([response.status, await response.json()]).toEqual([status, { error: expect.stringContaining(error) }]);
  });

  it("hides nothing of a fault in the server's own code from the log, and tells the client", async () => {
    rest = await RestUnderTest.start();
    rest.server.acquire = async () => {
      throw new PlinthError("INTERNAL", "a fault");
    };
    const response = await infer(BODY);
    expect([response.status, await response.json()]).toEqual([500, { error: "a fault" }]);
  });
});

describe("POST /v2/models/<name>/generate", () => {
  it.each<[string, string]>([
    ["a list", '{"x": [1, 2]}'],
    ["other members beside", '{"id": "1", "parameters": {"timeout": 1000000}, "more": [], "x": [1, 2]}'],
  ])("takes %s", async (_what, body) => {
    rest = await RestUnderTest.start();
    const response = await infer(body, {}, "echo/generate");
    expect(await response.json()).toMatchObject({ model_name: "echo", model_version: "1", y: [1, 2] });
  });

  it("takes and gives a scalar for a tensor of one element", async () => {
    rest = await RestUnderTest.start();
    const response = await infer('{"x": 3}', {}, "echo/versions/1/generate");
    expect(await response.json()).toEqual({ model_name: "echo", model_version: "1", y: 3 });
    expect(rest.server.lastCall?.inputs.get("x")?.shape).toEqual([1]);
  });

  it("gives the answer as a stream of one event where that is asked for", async () => {
    rest = await RestUnderTest.start();
    const response = await infer('{"x": [1, 2]}', {}, "echo/generate_stream");
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(await response.text()).toBe('data: {"model_name":"echo","model_version":"1","y":[1.0,2.0]}\n\n');
  });

  it.each<[string, string]>([
    ["{}", "missing required input(s) ['x']"],
    ["[1]", "Expected an object with a value for each input"],
    ["{", "JSON Parse error"],
    ['{"x": ["a"]}', "is not of expected type: float"],
  ])("refuses %s", async (body, error) => {
    rest = await RestUnderTest.start();
    const response = await infer(body, {}, "echo/generate");
    expect([response.status, await response.json()]).toEqual([400, { error: expect.stringContaining(error) }]);
  });
});
