import { cp, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { Serving, TemporaryFolder } from "./serving.js";

const DIGITS = join(ROOT, "examples", "digits", "models", "digits", "2");

let folder: TemporaryFolder;
let serving: Serving;
let seven: string;
let expected: string;

/** Three models of one size, with room for one of them; nothing but `server` and `storage` is configured. */
beforeEach(async () => {
  folder = await TemporaryFolder.create();
  for (const model of ["a", "b", "c"]) {
    await cp(DIGITS, join(folder.path, "models", model, "1"), { recursive: true });
  }
  const { size } = await stat(join(DIGITS, "model.onnx"));
  seven = await readFile(join(ROOT, "examples", "digits", "seven.json"), "utf8");
  serving = await Serving.start(
    `server: { loading: lazy, memoryBudgetBytes: ${2 * size} }\nstorage: { use: disk, root: ./models, settleMs: 0 }\n`,
    join(folder.path, "config.yaml"),
  );
  expected = (await serving.predict("a", seven)).text;
});

afterEach(async () => {
  await serving[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

function state(model: string): string | undefined {
  return serving.server.models.status(model)?.versions[0]?.state;
}

async function get(path: string): Promise<unknown> {
  return (await fetch(`${serving.url}${path}`)).json();
}

describe("a server with more models on disk than fit into memory", () => {
  it("has each loaded by its first request and unloads the one that was used before", async () => {
    expect(JSON.parse(expected)).toHaveProperty("predictions");
    expect([state("a"), state("b"), state("c")]).toEqual(["available", "start", "start"]);
    for (const model of ["b", "c", "a"]) {
      expect(await serving.predict(model, seven)).toEqual({ status: 200, text: expected });
      expect(["a", "b", "c"].filter((each) => state(each) === "available")).toEqual([model]);
    }
  });

  it("answers every request for any of them from many clients at the same time", async () => {
    const asked = Array.from({ length: 12 }, async (_, client) => {
      const answers: unknown[] = [];
      for (let round = 0; round < 6; round++) {
        answers.push(await serving.predict(["a", "b", "c"][(client + round) % 3] ?? "", seven));
      }
      return answers;
    });
    const answers = (await Promise.all(asked)).flat();
    expect(answers).toHaveLength(72);
    for (const answer of answers) expect(answer).toEqual({ status: 200, text: expected });
  });

  it("tells TensorFlow Serving's clients START, and its own that it is loaded on demand", async () => {
    expect(await get("/v1/models/b")).toMatchObject({
      model_version_status: [{ version: "1", state: "START", status: { error_code: "OK" } }],
    });
    expect(await get("/api/models/b/versions/1")).toMatchObject({ state: "start", onDemand: true });
    expect(await get("/api/models/b")).toMatchObject({ ready: true });
    expect((await fetch(`${serving.url}/readyz`)).status).toBe(200);
    expect(await get("/api/models/a/versions/1")).not.toHaveProperty("onDemand");
  });

  it("loads one at once when it is told to", async () => {
    const response = await fetch(`${serving.url}/api/models/b/load`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(response.status).toBeLessThan(300);
    await serving.server.settled();
    await expect.poll(() => [state("a"), state("b")]).toEqual(["start", "available"]);
  });
});
