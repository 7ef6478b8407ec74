import { afterEach, describe, expect, it } from "vitest";
import { restOrigin } from "../../src/http/request-origin.js";
import { RestUnderTest } from "../rest-under-test.js";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

describe("who asked", () => {
  it("is passed on as the client says it", () => {
    const headers = { "x-request-id": "a:7", traceparent: TRACEPARENT, tracestate: "congo=t61rcWkgMzE" };
    expect(restOrigin(headers, "predict", 5)).toEqual({
      protocol: "rest",
      method: "predict",
      receivedAtMs: 5,
      requestId: "a:7",
      traceparent: TRACEPARENT,
      tracestate: "congo=t61rcWkgMzE",
    });
  });

  it.each<[string, Record<string, string>]>([
    ["a long id", { "x-request-id": "x".repeat(129) }],
    ["an id with line breaks", { "x-request-id": "7\nlevel=error" }],
    ["an id with a terminal's control characters", { "x-request-id": "\u001b[2J" }],
    ["an empty id", { "x-request-id": "" }],
    ["a traceparent of another form", { traceparent: "00-xyz" }],
    ["a traceparent that goes on and on", { traceparent: `${TRACEPARENT}-${"a".repeat(100)}` }],
    ["a tracestate without a traceparent", { tracestate: "congo=1" }],
    ["a long tracestate", { traceparent: "x", tracestate: "c".repeat(513) }],
  ])("leaves out %s", (_what, headers) => {
    const { requestId, traceparent, tracestate } = restOrigin(headers, "predict", 0);
    expect([requestId, traceparent, tracestate]).toEqual([undefined, undefined, undefined]);
  });
});

describe("a request over REST", () => {
  let rest: RestUnderTest;

  afterEach(() => rest?.[Symbol.asyncDispose]());

  it("comes with who asked, also where it gets no further than its target", async () => {
    rest = await RestUnderTest.start();
    await rest.predict('{"inputs": [1]}', { "x-request-id": "7", traceparent: TRACEPARENT });
    expect(rest.server.lastTarget?.origin).toMatchObject({
      protocol: "rest",
      method: "predict",
      requestId: "7",
      traceparent: TRACEPARENT,
    });
  });

  it.each<[string, (rest: RestUnderTest) => Promise<Response>, string]>([
    ["no JSON", ({ predict }) => predict.call(rest, "no JSON"), "REQUEST_INVALID"],
    ["a body that is too large", () => rest.predict("x".repeat(2_000)), "REQUEST_TOO_LARGE"],
    ["a deadline of another form", () => rest.predict("{}", { "grpc-timeout": "soon" }), "REQUEST_INVALID"],
    [
      "an unknown model",
      () => fetch(`${rest.url}/v1/models/made-up:predict`, { method: "POST", body: '{"inputs": [1]}' }),
      "MODEL_NOT_FOUND",
    ],
    [
      "examples that lack a feature",
      () => fetch(`${rest.url}/v1/models/echo:classify`, { method: "POST", body: '{"examples": [{}]}' }),
      "INPUT_MISSING",
    ],
  ])("is told of where it is refused: %s", async (_what, send, reason) => {
    rest = await RestUnderTest.start();
    await send(rest);
    expect(new Set(rest.server.refusals.map((error) => error.reason))).toEqual(new Set([reason]));
  });
});
