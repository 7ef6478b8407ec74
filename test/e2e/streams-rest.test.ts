import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventReader } from "./event-reader.js";
import { type Serving, TemporaryFolder } from "./serving.js";
import { startTokens } from "./serving-tokens.js";
import { type Conversation, nextConversation } from "./token-backend.js";

let folder: TemporaryFolder;
let serving: Serving;

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  serving = await startTokens(folder);
});

afterAll(async () => {
  await serving[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const PROMPT = JSON.stringify({ prompt: "hello" });

function post(verb: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${serving.url}/v2/models/talk/${verb}`, { method: "POST", body: PROMPT, ...init });
}

/** A stream with its first event. */
async function begun(init: RequestInit = {}): Promise<{
  readonly response: Response;
  readonly events: EventReader;
  readonly model: Conversation;
}> {
  const answering = post("generate_stream", init);
  const model = await nextConversation();
  model.say("one");
  const response = await answering;
  const events = new EventReader(response);
  expect(await events.next()).toMatchObject({ token: "one" });
  return { response, events, model };
}

async function inFlight(): Promise<number> {
  const { model_stats } = (await (await fetch(`${serving.url}/v2/models/talk/stats`)).json()) as {
    readonly model_stats: readonly { readonly inference_stats: Record<string, { readonly count: number }> }[];
  };
  return model_stats[0]?.inference_stats.success?.count ?? 0;
}

describe("POST /v2/models/<name>/generate_stream", () => {
  it("sends each token as an event as soon as the model gives it", async () => {
    const before = await inFlight();
    const { response, events, model } = await begun();
    expect([response.status, response.headers.get("content-type"), model.prompt]).toEqual([
      200,
      "text/event-stream; charset=utf-8",
      "hello",
    ]);
    model.say("two");
    expect(await events.next()).toEqual({ model_name: "talk", model_version: "1", token: "two", index: 1 });
    model.end();
    expect(await events.next()).toBeUndefined();
    expect(await inFlight(), "counted once").toBe(before + 1);
  });

  it("stops the model when the client goes away in the middle", async () => {
    const client = new AbortController();
    const { model } = await begun({ signal: client.signal });
    client.abort();
    await model.stopped;
  });

  it("answers with a status where the model fails before its first token", async () => {
    const answering = post("generate_stream");
    (await nextConversation()).fail(new Error("no words"));
    const response = await answering;
    expect([response.status, await response.json()]).toEqual([500, { error: "no words" }]);
  });

  it("tells in a last event why the model fails in the middle", async () => {
    const { events, model } = await begun();
    model.fail(new Error("out of words"));
    expect(await events.next()).toEqual({ error: "out of words" });
    expect(await events.next()).toBeUndefined();
  });

  it("has no events where the model has nothing to say", async () => {
    const answering = post("generate_stream");
    (await nextConversation()).end();
    const response = await answering;
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  it("is cut off at the client's deadline", async () => {
    const answering = post("generate_stream", { headers: { "grpc-timeout": "400m" } });
    const model = await nextConversation();
    model.say("one");
    const events = new EventReader(await answering);
    expect(await events.next()).toMatchObject({ token: "one" });
    expect(await events.next()).toEqual({ error: expect.stringContaining("deadline") });
    await model.stopped;
  });

  it("keeps the connection for the next request", async () => {
    const { events, model } = await begun();
    model.end();
    await events.next();
    const again = await begun();
    again.model.end();
    expect(await again.events.next()).toBeUndefined();
  });

  it("does not run ahead of a client that does not read", async () => {
    const { hostname, port } = new URL(serving.url);
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.write(
      `POST /v2/models/talk/generate_stream HTTP/1.1\r\nHost: x\r\nContent-Length: ${PROMPT.length}\r\n\r\n${PROMPT}`,
    );
    const model = await nextConversation();
    const token = "x".repeat(64 * 1024);
    model.refrain = token;
    model.say(token);
    await expect.poll(() => model.asked).toBeGreaterThan(1);
    let asked = -1;
    // Settled: nothing more is asked for while the server answers others.
    while (asked !== model.asked) {
      asked = model.asked;
      for (let others = 0; others < 20; others++) await fetch(`${serving.url}/v2/health/live`);
    }
    expect(asked * token.length, "bytes that lie in the sockets of both sides").toBeLessThan(32 * 1024 * 1024);
    let received = 0;
    const readOn = new Promise<void>((resolve) => {
      socket.on("data", (chunk) => {
        received += chunk.length;
        if (received > 2 * asked * token.length) resolve();
      });
    });
    socket.resume();
    await readOn;
    socket.destroy();
    await model.stopped;
  });
});

describe("POST /v2/models/<name>/generate", () => {
  it("gives the one answer of a model that streams", async () => {
    const answering = post("generate");
    const model = await nextConversation();
    model.say("all of it");
    model.end();
    const response = await answering;
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ token: "all of it" })]);
  });

  it("refuses more than one, and stops the model", async () => {
    const answering = post("generate");
    const model = await nextConversation();
    model.say("one");
    model.say("two");
    const response = await answering;
    expect([response.status, await response.json()]).toEqual([
      501,
      { error: expect.stringContaining("exactly 1 response") },
    ]);
    await model.stopped;
  });
});

describe("a request for one answer of a model that only streams", () => {
  it.each([
    ["/v2/models/talk/infer", { inputs: [{ name: "prompt", shape: [1], datatype: "BYTES", data: ["hello"] }] }],
    ["/v1/models/talk:predict", { inputs: ["hello"] }],
  ])("to %s is 501 and says what to use", async (path, body) => {
    const response = await fetch(serving.url + path, { method: "POST", body: JSON.stringify(body) });
    expect([response.status, await response.text()]).toEqual([501, expect.stringMatching(/stream/)]);
  });
});

describe("a server that stops", () => {
  it("sends a stream that was begun to its end", async () => {
    await using own = await TemporaryFolder.create();
    await using stopping = await startTokens(own);
    const answering = fetch(`${stopping.url}/v2/models/talk/generate_stream`, { method: "POST", body: PROMPT });
    const model = await nextConversation();
    model.say("one");
    const events = new EventReader(await answering);
    await events.next();
    const stopped = stopping.server.stop();
    model.say("two");
    expect(await events.next()).toMatchObject({ token: "two" });
    model.end();
    expect(await events.next()).toBeUndefined();
    await stopped;
  });

  it("cuts one that goes on for longer than stopping may take", async () => {
    await using own = await TemporaryFolder.create();
    await using stopping = await startTokens(own, "server: { shutdownDeadlineMs: 100 }");
    const answering = fetch(`${stopping.url}/v2/models/talk/generate_stream`, { method: "POST", body: PROMPT });
    const model = await nextConversation();
    model.say("one");
    const events = new EventReader(await answering);
    await events.next();
    await Promise.all([stopping.server.stop(), model.stopped, expect(events.next()).rejects.toThrow()]);
  });
});
