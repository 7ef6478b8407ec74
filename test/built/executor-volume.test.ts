import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, loadConfig, type NamedTensors, type RunningServer, startServer } from "@plinth/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BEHAVING_BACKEND } from "./behaving-server.js";

const RUNS = 3_000;
const LARGE_BYTES = 200 * 2 ** 20;

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };

describe.each(["thread", "process"])("through a %s", (executor) => {
  let folder: string;
  let server: RunningServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "plinth-volume-"));
    await mkdir(join(folder, "models", "m", "1"), { recursive: true });
    await writeFile(join(folder, "models", "m", "1", "behaviour.json"), "{}");
    const file = join(folder, "config.yaml");
    await writeFile(
      file,
      "storage: { use: disk, root: ./models, settleMs: 0 }\nprotocols: []\n" +
        `backends: [{ use: ${JSON.stringify(BEHAVING_BACKEND)} }]\n` +
        `models: { m: { execution: { executor: ${executor}, instances: 1, maxQueuedRequests: ${RUNS} } } }\n`,
    );
    const config = await loadConfig(file, { environment: {}, defaults: {}, resolveFrom: [import.meta.url] });
    server = await startServer(config, SILENT);
    await server.settled();
  });

  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it(`${RUNS} requests at once all get their own answer`, async () => {
    const answers = await Promise.all(
      Array.from({ length: RUNS }, (_, index) => echo(new Float32Array(1_000 + (index % 7)).fill(index))),
    );
    answers.forEach((y, index) => {
      expect([y?.length, y?.[0], y?.at(-1)]).toEqual([1_000 + (index % 7), index, index]);
    });
  });

  it(`${LARGE_BYTES / 2 ** 20} MiB go there and come back as they were`, async () => {
    const x = new Float32Array(LARGE_BYTES / 4);
    for (let index = 0; index < x.length; index += 1_009) x[index] = index;
    const y = await echo(x);
    expect(y?.length).toBe(x.length);
    expect(y !== undefined && Buffer.from(y.buffer, y.byteOffset, y.byteLength).equals(Buffer.from(x.buffer))).toBe(
      true,
    );
  });

  it("nothing goes there and comes back", async () => {
    expect(await echo(new Float32Array(0))).toEqual(new Float32Array(0));
  });

  async function echo(data: Float32Array): Promise<Float32Array | undefined> {
    const inputs: NamedTensors = new Map([["x", { dtype: "float32", shape: [data.length], data }]]);
    const { outputs } = await server.models.infer({ model: "m", signature: "echo", inputs });
    const y = outputs.get("y");
    return y?.dtype === "float32" ? y.data : undefined;
  }
});
