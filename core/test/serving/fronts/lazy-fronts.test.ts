import { describe, expect, it } from "vitest";
import { PlinthError } from "../../../src/index.js";
import { ALL_VERSIONS } from "../catalog-under-test.js";
import { echo, FrontsUnderTest, UNTIL } from "./fronts-under-test.js";

const LAZY = new Map([["digits", { ...ALL_VERSIONS, loading: "lazy" as const }]]);

async function serving(options: ConstructorParameters<typeof FrontsUnderTest>[0] = {}): Promise<FrontsUnderTest> {
  const fronts = new FrontsUnderTest({ models: LAZY, ...options });
  await fronts.start();
  await fronts.hold({ digits: [1n, 2n] });
  return fronts;
}

describe("a lazy version", () => {
  it("is loaded in all fronts by the first request in any of them, which waits for it", async () => {
    await using fronts = await serving();
    expect(fronts.live()).toEqual([[], []]);
    for (const { server } of fronts.started) expect(server.readiness().ready).toBe(true);
    const answers = await Promise.all([
      fronts.front(1).server.infer(echo("digits")),
      fronts.front(1).server.infer(echo("digits")),
      fronts.front(0).server.infer(echo("digits", 2n)),
    ]);
    expect(answers.map(({ version }) => version)).toEqual([2n, 2n, 2n]);
    expect(fronts.live()).toEqual([["digits/2"], ["digits/2"]]);
    expect((await fronts.front(0).server.infer(echo("digits", 1n))).version).toBe(1n);
  });

  it("that cannot be loaded is told to those that wait for it", async () => {
    await using fronts = await serving({
      begun: ({ backend }) => {
        backend.onLoad = async () => {
          throw new PlinthError("MODEL_FILE_INVALID", "a node is missing");
        };
      },
    });
    await expect(fronts.front(1).server.infer(echo("digits", 1n))).rejects.toThrow("a node is missing");
  });

  it("that has to make room goes once its requests are done, and comes back with the next one", async () => {
    await using fronts = await serving({ memoryBudgetBytes: 4 });
    const held = await fronts.front(1).server.acquire({ model: "digits", version: 1n });
    const other = fronts.front(0).server.infer(echo("digits", 2n));
    await expect.poll(() => fronts.state("digits", 1n), UNTIL).toBe("unloading");
    expect((await held.infer(echo("digits"))).version).toBe(1n);
    held[Symbol.dispose]();
    expect((await other).version).toBe(2n);
    expect(fronts.live()).toEqual([["digits/2"], ["digits/2"]]);
    expect((await fronts.front(1).server.infer(echo("digits", 1n))).version).toBe(1n);
  });

  it("is told of as used for as long as it is", async () => {
    await using fronts = await serving();
    await fronts.front(1).server.infer(echo("digits", 1n));
    const uses = () => fronts.used.filter((used) => used === "digits/1").length;
    await expect.poll(uses, UNTIL).toBeGreaterThan(0);
    await fronts.front(0).server.infer(echo("digits", 1n));
    const before = uses();
    await expect.poll(uses, UNTIL).toBeGreaterThan(before);
  });
});
