import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";

/** Young objects in little space, which V8 else makes larger at a time of its own. */
const FLAGS = ["--expose-gc", "--max-semi-space-size=1"];

/** One heap for what is not JavaScript's, which gives back what is free: else glibc keeps some megabytes more of it from time to time. */
const ENVIRONMENT = {
  ...process.env,
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "65536",
  MALLOC_TRIM_THRESHOLD_: "65536",
  MALLOC_TOP_PAD_: "0",
};

const CYCLES = 100;
const WARM_UP_CYCLES = 10;

/** So many after the first ones are compared with as many at the end, by their median: allocators take and give back some megabytes as they like. */
const COMPARED_CYCLES = 20;

it(`keeps its resident memory over ${CYCLES} loads and unloads of both versions of a model`, async () => {
  const folder = await mkdtemp(join(tmpdir(), "plinth-memory-"));
  try {
    await cp(join(ROOT, "examples", "digits", "models"), join(folder, "models"), { recursive: true });
    const config = join(folder, "config.yaml");
    const script = join(ROOT, "test", "built", "load-and-unload.mjs");
    await writeFile(
      config,
      "storage: { use: disk, root: ./models, settleMs: 0 }\nbackends: [{ use: onnx }]\nprotocols: []\n",
    );
    const parameters = [...FLAGS, script, config, String(CYCLES)];
    const { stdout } = await promisify(execFile)(process.execPath, parameters, { cwd: ROOT, env: ENVIRONMENT });
    const bytes = stdout.trim().split("\n").map(Number);
    expect(bytes).toHaveLength(CYCLES);
    const before = median(bytes.slice(WARM_UP_CYCLES, WARM_UP_CYCLES + COMPARED_CYCLES));
    const after = median(bytes.slice(-COMPARED_CYCLES));
    expect(after / before, `${before} bytes, then ${after}`).toBeLessThan(1.05);
  } finally {
    await rm(folder, { recursive: true });
  }
});

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
