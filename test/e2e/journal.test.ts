import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Problem } from "@plinth/management";
import type { JournalPage, JournalSummaryDocument } from "@plinth/monitor-journal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { ManagementClient } from "./management-client.js";
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

  it("is described, and answers as it is described", async () => {
    const api = await ManagementClient.connect(serving.url);
    const { body } = await api.get("/api");
    expect(body).toMatchObject({ _links: { journal: { href: "/api/journal" } } });
    const page = await api.get<JournalPage>("/api/journal?limit=2");
    const [entry] = page.body.items;
    expect((await api.get(entry?._links.self?.href ?? "")).body).toEqual(entry);
    const summary = await api.get<JournalSummaryDocument>("/api/journal/summary?steps=3&level=warn");
    expect(summary.body.groups).toMatchObject([{ reason: "REQUEST_INVALID", model: "digits", version: "2", count: 1 }]);
    expect((await api.get(summary.body.groups[0]?._links.newest?.href ?? "")).status).toBe(200);
    expect((await api.get<Problem>("/api/journal/entries/999999")).body.reason).toBe("ENTRY_NOT_FOUND");
    expect((await api.get("/api/journal/entries/first")).status).toBe(400);
    expect((await api.get("/api/journal/summary?steps=0")).status).toBe(400);
    expect((await api.get("/api/journal/summary?since=2030-01-01T00:00:00Z&until=2029-01-01T00:00:00Z")).status).toBe(
      400,
    );
    expect((await api.send("POST", "/api/journal")).status).toBe(405);
    const described = Object.keys(api.document.paths).filter((path) => path.startsWith("/api/journal"));
    expect(described.sort()).toEqual([
      "/api/journal",
      "/api/journal/download",
      "/api/journal/entries/{entry}",
      "/api/journal/stream",
      "/api/journal/summary",
    ]);
  });

  it("is downloaded as lines, the newest first", async () => {
    const response = await fetch(`${serving.url}/api/journal/download?kind=state`);
    expect(response.headers.get("content-disposition")).toMatch(/^attachment; filename="journal-[\dT-]+\.jsonl"$/);
    const lines = (await response.text()).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).details.to)).toEqual(["available", "loading", "start"]);
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
