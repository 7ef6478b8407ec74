import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { QuietLogger, Serving, TemporaryFolder } from "./serving.js";

const DIGITS = join(ROOT, "examples", "digits");

let folder: TemporaryFolder;
let serving: Serving;

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  await cp(join(DIGITS, "models"), join(folder.path, "models"), { recursive: true });
  const config = `
storage: { use: disk, root: ./models, settleMs: 0 }
monitors: [{ use: journal, requests: { share: 1, redact: ["*"] } }]
`;
  serving = await Serving.start(config, join(folder.path, "config.yaml"), new QuietLogger());
});

afterAll(async () => {
  await serving[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function journal(query = ""): Promise<{ readonly items: readonly Record<string, unknown>[] }> {
  const response = await fetch(`${serving.url}/api/journal${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as never;
}

describe("the journal of a server", () => {
  it("tells how its models were loaded, and of requests, over HTTP", async () => {
    const body = await readFile(join(DIGITS, "seven.json"), "utf8");
    expect(await serving.predict("digits", body)).toMatchObject({ status: 200 });
    expect((await serving.predict("digits", "no JSON")).status).toBe(400);
    const { items } = await journal();
    expect(items.map(({ kind, model, version }) => [kind, model, version])).toEqual([
      ["failure", "digits", "2"],
      ["request", "digits", "2"],
      ["state", "digits", "2"],
      ["state", "digits", "2"],
      ["state", "digits", "2"],
      ["server", undefined, undefined],
    ]);
    expect(items[1]).toMatchObject({ protocol: "rest", inputs: { image: { data: null } } });
    expect((await journal("?kind=state&limit=1")).items).toMatchObject([{ details: { to: "available" } }]);
  });

  it("says what is wrong with a question", async () => {
    const response = await fetch(`${serving.url}/api/journal?level=loud`);
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      reason: "REQUEST_INVALID",
      detail: expect.stringContaining("level"),
    });
  });

  it("streams what is new, from where a client was, and ends with the server", async () => {
    const { items } = await journal("?limit=2");
    const lastId = String(items[1]?.id);
    const response = await fetch(`${serving.url}/api/journal/stream?kind=failure`, {
      headers: { "last-event-id": lastId },
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const until = async (pattern: RegExp) => {
      while (!pattern.test(text)) {
        const { value, done } = await reader.read();
        if (done) expect.fail(`the stream ended: ${text}`);
        text += value;
      }
    };
    await until(new RegExp(`id: ${items[0]?.id}\\n`));
    expect((await serving.predict("digits", '{"inputs": "none"}')).status).toBe(400);
    await until(/data: [^\n]*none|id: \d+\ndata: [^\n]*\n\nid: \d+/);
    const beganAtMs = performance.now();
    const stopping = serving.server.stop();
    while (!(await reader.read()).done);
    await stopping;
    expect(performance.now() - beganAtMs, "nothing waits for the shutdown deadline").toBeLessThan(10_000);
  });
});
