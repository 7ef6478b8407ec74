import { REGRESS_METHOD } from "@plinth/tf-example";
import { afterEach, describe, expect, it } from "vitest";
import { RestUnderTest, rawExchange } from "../rest-under-test.js";

let rest: RestUnderTest;

afterEach(() => rest?.[Symbol.asyncDispose]());

const TWO = '"examples": [{"x": 1.0}, {"x": 2.5}]';
const TASK = `"tasks": [{"method_name": "${REGRESS_METHOD}"}]`;
const METHODS: readonly [verb: string, body: string, results: unknown][] = [
  ["classify", `{${TWO}}`, [[["", 1]], [["", 2.5]]]],
  ["regress", `{${TWO}}`, [1, 2.5]],
  [
    "multiInference",
    `{${TASK}, ${TWO}}`,
    [{ signature_name: "serving_default", method_name: REGRESS_METHOD, results: [1, 2.5] }],
  ],
];

describe.each(METHODS)("%s over REST", (verb, body, results) => {
  it("answers with a result for each example, and gives back what it held", async () => {
    rest = await RestUnderTest.start();
    const response = await rest.infer(verb, body);
    expect([response.status, await response.json()]).toEqual([200, { results }]);
    expect(response.headers.get("content-type")).toBe("application/json");
    await expect.poll(() => rest.server.held).toBe(0);
  });

  it("asks as the client does: version and label by the path, deadline, headers", async () => {
    rest = await RestUnderTest.start();
    const url = `${rest.url}/v1/models/echo/labels/stable:${verb}?x=y`;
    const before = performance.now();
    await fetch(url, { method: "POST", body, headers: { "grpc-timeout": "9S", "x-user": "a" } });
    expect(rest.server.lastTarget).toMatchObject({ model: "echo", label: "stable", origin: { method: verb } });
    expect(rest.server.lastTarget?.header?.("x-user")).toBe("a");
    const { deadlineMs = 0, signal } = rest.server.lastCall ?? {};
    expect(deadlineMs - before).toBeGreaterThan(8_000);
    expect(deadlineMs - before).toBeLessThanOrEqual(9_000 + performance.now() - before);
    expect(signal?.aborted).toBe(false);
  });

  it("refuses an overload ahead of the body, with the seconds to wait", async () => {
    rest = await RestUnderTest.start();
    rest.server.isOverloaded = true;
    const head = `POST /v1/models/echo:${verb} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`;
    expect(await rawExchange(rest.url, head)).toMatch(/^HTTP\/1\.1 429 .*retry-after: 2/is);
    expect(rest.server.held).toBe(0);
  });

  it.each<[problem: string, body: string, message: string]>([
    ["no JSON", "examples", "JSON Parse error"],
    ["no examples", `{${TASK}, "examples": []}`, "Input is empty"],
    [
      "a feature that is missing",
      `{${TASK}, "examples": [{"x": 1.0}, {}]}`,
      'Example 1 has no value of the feature "x"',
    ],
    ["two values for one", `{${TASK}, "examples": [{"x": [1.0, 2.0]}]}`, "expected 1"],
  ])("refuses %s, and gives back what it held", async (_, wrong, message) => {
    rest = await RestUnderTest.start();
    const response = await rest.infer(verb, wrong);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringContaining(message) });
    expect(rest.server.held).toBe(0);
    expect(rest.server.begun).toBe(0);
  });
});
