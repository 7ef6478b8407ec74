import { expect, test } from "vitest";
import { PlinthError } from "../../../../src/index.js";
import { cloned } from "../../../../src/serving/execution/worker/cloneable.js";
import { type PackedError, packError, unpackError } from "../../../../src/serving/execution/worker/packed-error.js";

test("an error arrives with code, reason, message, details and stack", () => {
  const sent = new PlinthError("INPUT_SHAPE_MISMATCH", "Expected [1], got [2]", { details: { input: "x", big: 2n } });
  const arrived = crossed(sent);
  expect(arrived).toBeInstanceOf(PlinthError);
  expect(arrived).toMatchObject({ ...sent, message: sent.message });
  expect(arrived.stack).toBe(sent.stack);
});

test("a plugin's own reason stays its own", () => {
  const arrived = crossed(new PlinthError({ code: "RESOURCE_EXHAUSTED", reason: "QUOTA_EXCEEDED" }, "no more"));
  expect(arrived).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "QUOTA_EXCEEDED" });
});

test("what caused it is told for the log", () => {
  const deepest = new RangeError("the deepest");
  const { stack } = crossed(
    new PlinthError("MODEL_RUN_FAILED", "failed", { cause: new Error("between", { cause: deepest }) }),
  );
  expect(stack).toMatch(/failed[\s\S]+caused by: Error: between[\s\S]+caused by: RangeError: the deepest/);
});

test("causes that go round in a circle come to an end", () => {
  const error = new Error("round");
  error.cause = error;
  expect(crossed(error).stack?.match(/caused by/g)).toHaveLength(4);
});

test.each([
  ["a function", () => {}],
  ["shared memory", new SharedArrayBuffer(8)],
  ["a blob", new Blob(["x"])],
  ["a promise", Promise.resolve()],
  ["what throws when read", Object.defineProperty({}, "x", { enumerable: true, get: () => expect.fail("read") })],
])("details lose %s, which cannot cross, and nothing else", (_, value) => {
  const { details } = crossed(new PlinthError("INTERNAL", "failed", { details: { value, input: "x" } }));
  expect(details).toEqual({ input: "x" });
});

test.each([["a text"], [undefined], [null], [Symbol("thrown")]])(
  "%s that was thrown is an error all the same",
  (thrown) => {
    expect(crossed(thrown)).toMatchObject({ reason: "INTERNAL", message: String(thrown) });
  },
);

function crossed(thrown: unknown): PlinthError {
  return unpackError(cloned(packError(thrown)) as PackedError);
}
