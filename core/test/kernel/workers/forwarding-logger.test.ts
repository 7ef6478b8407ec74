import { beforeEach, expect, test } from "vitest";
import { PlinthError } from "../../../src/index.js";
import { ForwardingLogger } from "../../../src/kernel/workers/forwarding-logger.js";
import { cloned } from "../../../src/serving/execution/worker/cloneable.js";
import type { FromWorker } from "../../../src/serving/execution/worker/worker-messages.js";

let sent: unknown[];
let logger: ForwardingLogger;

beforeEach(() => {
  sent = [];
  const send = (message: FromWorker) => void sent.push(cloned(message));
  logger = new ForwardingLogger({ send });
});

test.each(["debug", "info", "warn", "error"] as const)(
  "what is logged as %s crosses, with the fields of all its parents",
  (level) => {
    logger.child({ plugin: "onnx", depth: 1 }).child({ depth: 2 })[level]("careful", { node: "conv" });
    const fields = { plugin: "onnx", depth: 2, node: "conv" };
    expect(sent).toEqual([{ type: "log", level, message: "careful", fields, errors: {} }]);
  },
);

test("errors cross as errors", () => {
  logger.error("failed", { error: new PlinthError("MODEL_FILE_INVALID", "torn"), count: 1 });
  expect(sent).toMatchObject([
    { fields: { count: 1 }, errors: { error: { reason: "MODEL_FILE_INVALID", message: "torn" } } },
  ]);
});

test("what cannot cross is told in words", () => {
  const bare = Object.assign(Object.create(null), { hook: () => {} });
  logger.info("odd", { hook: function named() {}, bare });
  expect(sent).toMatchObject([{ fields: { hook: "[Function: named]", bare: expect.stringContaining("hook") } }]);
});
