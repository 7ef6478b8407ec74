import { describe, expect, it } from "vitest";
import { PlinthError } from "../../../src/index.js";
import { LocalModelServer } from "../../../src/serving/local-model-server.js";
import { ServerEvents } from "../../../src/serving/server-events.js";
import { deferred } from "../../fakes/deferred.js";
import { ECHO_SIGNATURE } from "../../fakes/fake-backend.js";
import { FakeStreams } from "../../fakes/fake-stream.js";
import { ALL_VERSIONS } from "../catalog-under-test.js";
import { echo, FrontsUnderTest, UNTIL } from "./fronts-under-test.js";

const DIGITS = new Map([["digits", ALL_VERSIONS]]);

describe("a version of which every front has a copy", () => {
  it("is loaded by one front first, and available once all have it", async () => {
    const gates = [deferred(), deferred()];
    await using fronts = new FrontsUnderTest({
      begun: ({ backend }, index) => {
        backend.onLoad = async () => gates[index]?.promise;
      },
    });
    fronts.storage.hold({ digits: [1n] });
    expect(await fronts.start()).toEqual([{ url: "fake://here" }]);
    await expect.poll(() => fronts.front(0).backend.loads, UNTIL).toEqual(["digits/1"]);
    expect(fronts.front(1).backend.loads).toEqual([]);
    gates[0]?.resolve();
    await expect.poll(() => fronts.front(1).backend.loads, UNTIL).toEqual(["digits/1"]);
    expect(fronts.state("digits", 1n)).toBe("loading");
    await expect(fronts.front(0).server.infer(echo("digits"))).rejects.toMatchObject({
      reason: "VERSION_NOT_AVAILABLE",
      message: expect.stringContaining("loading"),
    });
    gates[1]?.resolve();
    await fronts.catalog.settled();
    await fronts.broadcast.caughtUp();
    expect(fronts.state("digits", 1n)).toBe("available");
    for (const front of fronts.started) {
      expect(await front.server.infer(echo("digits"))).toMatchObject({ version: 1n });
      expect(front.server.readiness()).toEqual({ ready: true, reasons: [] });
    }
  });

  it("is freed in each front after the last request there", async () => {
    await using fronts = new FrontsUnderTest({ models: DIGITS });
    fronts.storage.hold({ digits: [1n] });
    await fronts.start();
    await fronts.catalog.settled();
    await fronts.broadcast.caughtUp();
    const held = await fronts.front(1).server.acquire({ model: "digits" });
    fronts.storage.hold({ digits: [] });
    await fronts.catalog.refresh();
    await expect.poll(() => fronts.live(), UNTIL).toEqual([[], ["digits/1"]]);
    expect(fronts.state("digits", 1n)).toBe("unloading");
    expect((await held.infer(echo("digits"))).version).toBe(1n);
    held[Symbol.dispose]();
    await fronts.catalog.settled();
    expect([fronts.state("digits", 1n), fronts.live()]).toEqual(["end", [[], []]]);
  });

  it.each([0, 1])("is nowhere where front %i cannot load it, and says why", async (faulty) => {
    await using fronts = new FrontsUnderTest({
      models: DIGITS,
      begun: ({ backend }, index) => {
        if (index !== faulty) return;
        backend.onLoad = async () => {
          throw new PlinthError("MODEL_FILE_INVALID", "a node is missing", { details: { file: "model.fake" } });
        };
      },
    });
    await fronts.start();
    await fronts.hold({ digits: [1n] });
    expect(fronts.catalog.status("digits")?.versions).toMatchObject([
      { state: "error", error: { reason: "MODEL_FILE_INVALID", details: { file: "model.fake" } } },
    ]);
    expect(fronts.front(1).server.readiness().reasons).toEqual([expect.stringContaining("a node is missing")]);
    expect(fronts.live()).toEqual([[], []]);
    expect(fronts.front(1).backend.loads).toHaveLength(faulty);
  });

  it("is run for the main process by the fronts in turns", async () => {
    await using fronts = new FrontsUnderTest({ models: DIGITS });
    await fronts.start();
    await fronts.hold({ digits: [1n] });
    const main = new LocalModelServer(fronts.catalog, new ServerEvents([], fronts.logger));
    for (let call = 0; call < 4; call++) {
      const { outputs } = await main.infer(echo("digits"));
      expect(outputs.get("y")?.data).toEqual(Float32Array.of(1, 2));
    }
    expect(fronts.started.map(({ asked }) => asked.filter((duty) => duty === "run").length)).toEqual([2, 2]);
  });

  it("streams for the main process from a front, and is stopped there", async () => {
    const streams = new FakeStreams();
    await using fronts = new FrontsUnderTest({
      models: DIGITS,
      begun: ({ backend }) => {
        backend.signature = { ...ECHO_SIGNATURE, streams: "only" };
        backend.stream = streams.begin;
      },
    });
    await fronts.start();
    await fronts.hold({ digits: [1n] });
    const main = new LocalModelServer(fronts.catalog, new ServerEvents([], fronts.logger));
    const answers = main.stream(echo("digits"));
    const [model, first] = [streams.next(), answers.next()];
    (await model).say(7);
    expect(await first).toMatchObject({
      value: { version: 1n, outputs: new Map([["y", { data: Float32Array.of(7) }]]) },
    });
    await answers.return();
    await expect.poll(async () => (await model).isStopped, UNTIL).toBe(true);
    const failing = main.stream(echo("digits"));
    const [other, step] = [streams.next(), failing.next()];
    (await other).fail(new PlinthError("TENSOR_INVALID", "no such digit"));
    await expect(step).rejects.toMatchObject({ reason: "TENSOR_INVALID" });
    expect(fronts.started.map(({ asked }) => asked.filter((duty) => duty === "stream").length > 0)).toEqual([
      true,
      true,
    ]);
  });

  it("has its memory set aside once for each front, also while one of them is being replaced", async () => {
    // Each copy of a version of one byte counts two.
    await using fronts = new FrontsUnderTest({ models: DIGITS, memoryBudgetBytes: 4 });
    await fronts.start();
    await fronts.hold({ digits: [1n] });
    await fronts.hold({ digits: [1n, 2n] });
    expect(fronts.catalog.status("digits")?.versions[0]).toMatchObject({
      state: "error",
      error: { reason: "MEMORY_BUDGET_EXCEEDED" },
    });
    fronts.front(1).die();
    await expect.poll(() => fronts.live()[2], UNTIL).toEqual(["digits/1"]);
    await fronts.hold({ digits: [] });
    await fronts.hold({ digits: [2n] });
    expect(fronts.state("digits", 2n)).toBe("available");
  });
});

describe("memory for further instances in a front", () => {
  it("is set aside by the main process, and comes back by itself where the front dies", async () => {
    await using fronts = new FrontsUnderTest({ models: DIGITS, memoryBudgetBytes: 8 });
    await fronts.start();
    await fronts.hold({ digits: [1n] });
    const id = fronts.fleet.shared("digits", 1n)?.id ?? expect.fail("not loaded");
    const { main } = fronts.front(1);
    const reservation = (await main.call("reserve", id)) ?? expect.fail("there is memory for two more");
    await main.call("reserve", id);
    expect(await main.call("reserve", id)).toBeUndefined();
    await main.call("release", reservation);
    expect(await main.call("reserve", id)).toBeDefined();
    fronts.front(1).die();
    await expect.poll(() => fronts.live()[2], UNTIL).toEqual(["digits/1"]);
    for (let instance = 0; instance < 2; instance++) await fronts.front(2).main.call("reserve", id);
    expect(await fronts.front(2).main.call("reserve", id)).toBeUndefined();
  });
});

describe("a front that dies", () => {
  it("is replaced by one that listens only once it has a copy of all that is in service", async () => {
    const gate = deferred();
    await using fronts = new FrontsUnderTest({
      models: DIGITS,
      begun: ({ backend }, index) => {
        if (index === 2) backend.onLoad = () => gate.promise;
      },
    });
    await fronts.start();
    await fronts.hold({ digits: [1n, 2n] });
    fronts.front(0).die();
    await expect.poll(() => fronts.started.at(2)?.backend.loads.length, UNTIL).toBe(2);
    expect(fronts.deaths).toEqual([expect.stringContaining("it was ended by SIGSEGV")]);
    expect(fronts.state("digits", 2n)).toBe("available");
    expect((await fronts.front(1).server.infer(echo("digits"))).version).toBe(2n);
    expect(fronts.front(2).asked).not.toContain("listen");
    gate.resolve();
    await expect.poll(() => fronts.front(2).asked.at(-1), UNTIL).toBe("listen");
    expect(fronts.front(2).asked.filter((duty) => duty !== "load")).toEqual(["compose", "follow", "listen"]);
    expect((await fronts.front(2).server.infer(echo("digits", 1n))).version).toBe(1n);
  });

  it("in the middle of the first load fails that load, which is tried again", async () => {
    await using fronts = new FrontsUnderTest({
      models: DIGITS,
      begun: (front, index) => {
        if (index === 0) front.backend.onLoad = async () => front.die();
      },
    });
    await fronts.start();
    await fronts.hold({ digits: [1n] });
    expect(fronts.catalog.status("digits")?.versions).toMatchObject([
      { state: "error", error: { reason: "EXECUTOR_DIED" } },
    ]);
    expect(fronts.front(1).backend.loads, "it took one front with it").toEqual([]);
    await expect.poll(() => fronts.state("digits", 1n), UNTIL).toBe("available");
    await expect.poll(() => fronts.live().slice(1), UNTIL).toEqual([["digits/1"], ["digits/1"]]);
  });

  it("while it follows with a load leaves that to the others", async () => {
    await using fronts = new FrontsUnderTest({
      models: DIGITS,
      begun: (front, index) => {
        if (index === 1) front.backend.onLoad = async () => front.die();
      },
    });
    await fronts.start();
    await fronts.hold({ digits: [1n] });
    expect(fronts.state("digits", 1n)).toBe("available");
    await expect.poll(() => fronts.live()[2], UNTIL).toEqual(["digits/1"]);
  });

  it("and its successors that cannot take its place are tried again, the others go on", async () => {
    await using fronts = new FrontsUnderTest({
      models: DIGITS,
      begun: (front, index) => {
        front.onListen = async () => {
          if (index === 2) throw new PlinthError("PLUGIN_FAILED", "no port");
        };
      },
    });
    await fronts.start();
    await fronts.hold({ digits: [1n] });
    fronts.front(0).die();
    await expect.poll(() => fronts.started.at(3)?.asked.at(-1), UNTIL).toBe("listen");
    expect(fronts.logger.messages("error")).toContain("The front process 3 cannot take the place of one that has gone");
    expect((await fronts.front(1).server.infer(echo("digits"))).version).toBe(1n);
  });

  it("as the last one makes the server not ready until another one is there", async () => {
    const gate = deferred();
    await using fronts = new FrontsUnderTest({
      size: 2,
      models: DIGITS,
      begun: (front, index) => {
        if (index < 2) return;
        front.backend.onLoad = () => gate.promise;
        front.url = "fake://there";
      },
    });
    await fronts.start();
    await fronts.hold({ digits: [1n] });
    fronts.front(0).die();
    fronts.front(1).die();
    await expect.poll(() => fronts.catalog.unavailable().get("digits"), UNTIL).toContain("No front process is up");
    gate.resolve();
    await expect.poll(() => fronts.catalog.unavailable().size, UNTIL).toBe(0);
    await expect.poll(() => fronts.logger.messages("warn"), UNTIL).toEqual(["Fronts listen on fake://there now"]);
  });
});

describe("a fleet", () => {
  it("does not start where a front cannot listen, and leaves none behind", async () => {
    const fronts = new FrontsUnderTest({
      begun: (front, index) => {
        front.onListen = async () => {
          if (index === 1) throw new PlinthError("PLUGIN_FAILED", "Protocol rest: address in use");
        };
      },
    });
    await expect(fronts.start()).rejects.toThrow("Protocol rest: address in use");
    await fronts[Symbol.asyncDispose]();
    expect(fronts.deaths).toEqual([]);
    expect(fronts.started).toHaveLength(2);
  });

  it("drains all fronts, replaces none any more, and ends them", async () => {
    const fronts = new FrontsUnderTest({ models: DIGITS });
    await fronts.start();
    await fronts.hold({ digits: [1n] });
    await fronts.fleet.drain(1_000, new AbortController().signal);
    expect(fronts.started.map(({ isDraining }) => isDraining)).toEqual([true, true]);
    fronts.front(0).die();
    await fronts[Symbol.asyncDispose]();
    expect([fronts.deaths, fronts.live()[1], fronts.started.length]).toEqual([[], [], 2]);
  });
});
