import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { Serving, TemporaryFolder } from "./serving.js";

/** y = x times [[1, 2], [3, 4]], of any number of rows. */
const MATMUL = join(ROOT, "plugins", "backend-onnx", "test", "models", "matmul.onnx");

/** Picks from [10, 20]; an index past 1 fails. */
const GATHER = join(ROOT, "plugins", "backend-onnx", "test", "models", "gather.onnx");

const BODY = { instances: [[1, 1]] };

/** Waits a millisecond for the model at most. */
const SOON = { headers: { "grpc-timeout": "1m" } };

let folder: TemporaryFolder;
let serving: Serving;

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  for (const [model, file] of [
    ["matmul", MATMUL],
    ["gather", GATHER],
    ["waiting", MATMUL],
  ] as const) {
    const version = join(folder.path, "models", model, "1");
    await mkdir(version, { recursive: true });
    await cp(file, join(version, "model.onnx"));
  }
  serving = await Serving.start(
    `storage: { use: disk, root: ./models, settleMs: 0 }
models:
  matmul:
    batching: { maxBatchSize: 16, allowedBatchSizes: [2, 4, 8, 16], maxWaitMs: 2 }
    execution: { executor: inline }
  gather:
    batching: { maxWaitMs: 20 }
    execution: { executor: inline }
  waiting:
    batching: { maxBatchSize: 64, maxWaitMs: 60000 }
    execution: { executor: inline, maxQueuedRequests: 2 }
`,
    join(folder.path, "config.yaml"),
  );
});

afterAll(async () => {
  await serving[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

function post(model: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(`${serving.url}/v1/models/${model}:predict`, { method: "POST", body: JSON.stringify(body), ...init });
}

async function predictions(response: Response): Promise<unknown> {
  return ((await response.json()) as { predictions: unknown }).predictions;
}

describe("a model with batching, over REST", () => {
  it("answers 64 clients at once as it would answer each of them", async () => {
    const requests = Array.from({ length: 64 }, (_, client) =>
      Array.from({ length: 1 + (client % 5) }, (_, row) => [client, row]),
    );
    const answers = await Promise.all(
      requests.map(async (instances) => predictions(await post("matmul", { instances }))),
    );
    const expected = requests.map((rows) => rows.map(([a = 0, b = 0]) => [a + 3 * b, 2 * a + 4 * b]));
    expect(answers).toEqual(expected);
  });

  it("takes a request that is larger than a batch", async () => {
    const instances = Array.from({ length: 100 }, (_, row) => [row, 1]);
    const answer = await predictions(await post("matmul", { instances }));
    expect(answer).toEqual(instances.map(([a = 0]) => [a + 3, 2 * a + 4]));
  });

  it("lets the one bad request of a batch fail alone", async () => {
    const indices = [0, 1, 7, 1];
    const responses = await Promise.all(indices.map((index) => post("gather", { instances: [index] })));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 500, 200]);
    expect(await predictions(responses[1] as Response)).toEqual([20]);
  });

  it("refuses more than may wait, until one of those has gone", async () => {
    const gone = new AbortController();
    const waiting = [1, 2].map(() =>
      post("waiting", BODY, { signal: gone.signal }).catch((error: Error) => error.name),
    );
    await expect.poll(async () => (await post("waiting", BODY, SOON)).status).toBe(429);
    const refused = await post("waiting", BODY);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toEqual({ error: expect.stringContaining("execution.maxQueuedRequests") });
    gone.abort();
    expect(await Promise.all(waiting)).toEqual(["AbortError", "AbortError"]);
    await expect.poll(async () => (await post("waiting", BODY, SOON)).status).toBe(504);
  });

  it("does not run what has waited too long, and says so", async () => {
    const expired = await post("waiting", BODY, SOON);
    expect(expired.status).toBe(504);
    expect(await expired.json()).toEqual({ error: expect.stringContaining("it was not run") });
  });
});
