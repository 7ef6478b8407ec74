import { describe, expect, it } from "vitest";
import { DisposerStack } from "../../src/kernel/disposer-stack.js";
import { deferred } from "../fakes/deferred.js";
import { RecordingLogger } from "../fakes/recording-logger.js";

const NO_DEADLINE = new AbortController().signal;

describe("the disposer stack", () => {
  it("disposes last in, first out, one at a time", async () => {
    const stack = new DisposerStack(new RecordingLogger());
    const order: string[] = [];
    const gate = deferred();
    stack.push("first", async () => void order.push("first"));
    stack.push("second", async () => {
      order.push("second begins");
      await gate.promise;
      order.push("second ends");
    });
    const unwound = stack.unwind(NO_DEADLINE);
    expect(order).toEqual(["second begins"]);
    gate.resolve();
    await unwound;
    expect(order).toEqual(["second begins", "second ends", "first"]);
  });

  it("goes on past a disposal that throws, now or later, and logs it", async () => {
    const logger = new RecordingLogger();
    const stack = new DisposerStack(logger);
    let disposed = false;
    stack.push("first", async () => {
      disposed = true;
    });
    stack.push("second", () => Promise.reject(new Error("later")));
    stack.push("third", () => {
      throw new Error("now");
    });
    await stack.unwind(NO_DEADLINE);
    expect(disposed).toBe(true);
    expect(logger.messages("error")).toEqual([
      "third could not be stopped cleanly",
      "second could not be stopped cleanly",
    ]);
  });

  it("is unwound once, however often it is asked", async () => {
    const stack = new DisposerStack(new RecordingLogger());
    let times = 0;
    stack.push("only", async () => void times++);
    await Promise.all([stack.unwind(NO_DEADLINE), stack.unwind(NO_DEADLINE)]);
    await stack.unwind(NO_DEADLINE);
    expect(times).toBe(1);
  });

  it("leaves a disposal behind that hangs past the deadline, and still begins those below it", async () => {
    const logger = new RecordingLogger();
    const stack = new DisposerStack(logger);
    let below = false;
    stack.push("below", async () => {
      below = true;
    });
    stack.push("hanging", () => new Promise<void>(() => {}));
    await stack.unwind(AbortSignal.abort());
    expect(below).toBe(true);
    expect(logger.messages("error")).toEqual(["hanging could not be stopped cleanly"]);
  });
});
