import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RestUnderTest } from "../rest-under-test.js";

let rest: RestUnderTest;

beforeAll(async () => {
  rest = await RestUnderTest.start();
});

afterAll(() => rest[Symbol.asyncDispose]());

const INFER = '"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}]';

describe("the header priority", () => {
  it.each<[path: string, body: string, urgency: string | undefined, priority: number | undefined]>([
    ["v1/models/echo:predict", '{"inputs": [1]}', "u=1, i", 2],
    ["v1/models/echo:predict", '{"inputs": [1]}', "urgent", undefined],
    ["v1/models/echo:predict", '{"inputs": [1]}', undefined, undefined],
    ["v2/models/echo/infer", `{${INFER}}`, "u=7", -4],
    ["v2/models/echo/infer", `{"parameters": {"priority": 1}, ${INFER}}`, "u=7", 2 ** 32 - 1],
  ])("of POST %s %s with %s is the priority %s", async (path, body, urgency, priority) => {
    const headers = urgency === undefined ? {} : { priority: urgency };
    const response = await fetch(`${rest.url}/${path}`, { method: "POST", body, headers });
    expect(response.status, await response.text()).toBe(200);
    expect(rest.server.lastCall?.priority).toBe(priority);
  });
});
