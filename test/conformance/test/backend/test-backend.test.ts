import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_SIGNATURE, type NamedTensors } from "@plinth/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BackendUnderTest } from "../../src/backend/backend-under-test.js";
import { backendCases, runBackendCase, testBackend } from "../../src/backend/test-backend.js";
import { brokenBackends, leftOpen } from "./broken-backends.js";
import { LinearBackend, linearSignatures, MODEL_PATH, vector } from "./linear-backend.js";

const temporary = await mkdtemp(join(tmpdir(), "plinth-test-"));
const good = join(temporary, "good");
const broken = join(temporary, "broken");

beforeAll(async () => {
  for (const [directory, text] of [
    [good, "0.5 2"],
    [broken, "half two"],
  ] as const) {
    await mkdir(directory);
    await writeFile(join(directory, MODEL_PATH), text);
  }
});

afterAll(() => rm(temporary, { recursive: true }));

testBackend("the reference", underTest(LinearBackend));

describe("the suite for backends", () => {
  const cases = [...backendCases.values()].flat();
  const failedAtLeastOnce = new Set<string>();

  it("names each case once", () => {
    const names = cases.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  it.each(brokenBackends)("catches a backend that $fault", async ({ create, caughtBy }) => {
    const outcomes = new Map<string, "passed" | "failed" | "skipped">();
    // Once each case is known to fail for somebody, running it against all the others tells nothing more.
    for (const backendCase of cases.filter(({ name }) => name === caughtBy || !isClaimed(name))) {
      const outcome = await runBackendCase(backendCase, underTest(create)).then(
        (missing) => (missing === undefined ? "passed" : "skipped"),
        () => "failed" as const,
      );
      outcomes.set(backendCase.name, outcome);
      if (outcome === "failed") failedAtLeastOnce.add(backendCase.name);
    }
    await Promise.all(leftOpen.splice(0).map((file) => file.close()));
    expect(["failed", "skipped"]).toContain(outcomes.get(caughtBy));
  });

  /** Whether one of the broken backends is there to fail it. */
  function isClaimed(name: string): boolean {
    return brokenBackends.some(({ caughtBy }) => caughtBy === name) || failedAtLeastOnce.has(name);
  }

  it.skipIf(!existsSync("/proc/self/fd"))("has no case that none of the broken backends fails", () => {
    expect(cases.map(({ name }) => name).filter((name) => !failedAtLeastOnce.has(name))).toEqual([]);
  });
});

function both(...y: [number, number]): NamedTensors {
  return new Map([
    ["y", { dtype: "float32", shape: [2], data: new Float32Array(y) } as const],
    ["negative", { dtype: "float32", shape: [2], data: new Float32Array(y.map((value) => -value)) } as const],
  ]);
}

function underTest(create: new () => LinearBackend): BackendUnderTest {
  const run = (x: NamedTensors, ...y: [number, number]) => ({
    signature: DEFAULT_SIGNATURE,
    inputs: x,
    outputs: both(...y),
  });
  const scalar = { dtype: "float32", shape: [], data: new Float32Array(1) } as const;
  return {
    create: () => new create(),
    models: [
      {
        directory: good,
        signatures: linearSignatures(),
        runs: [run(vector(1, 2), 2.5, 3), run(vector(-4, 0), 0, 2)],
        streams: [
          { signature: "steps", inputs: vector(1, 2), steps: [both(2.5, 3), both(3.25, 3.5), both(3.625, 3.75)] },
          { signature: "steps", inputs: vector(4, 4), steps: [both(4, 4), both(4, 4), both(4, 4)] },
        ],
        misshapen: [{ signature: DEFAULT_SIGNATURE, inputs: new Map([["x", scalar]]) }],
      },
    ],
    broken: [{ directory: broken, fault: "is text", reason: "MODEL_FILE_INVALID", names: MODEL_PATH }],
  };
}
