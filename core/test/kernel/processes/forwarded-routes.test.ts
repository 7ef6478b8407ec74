import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { PlinthError, type Route } from "../../../src/index.js";
import { forwardedRoute } from "../../../src/kernel/processes/forwarded-route.js";
import { routeFacts } from "../../../src/kernel/processes/front-facts.js";
import { RouteHost } from "../../../src/kernel/processes/route-host.js";
import { deferred } from "../../fakes/deferred.js";
import { RecordingLogger } from "../../fakes/recording-logger.js";

const hosts: RouteHost[] = [];

afterEach(async () => {
  for (const host of hosts.splice(0)) await host[Symbol.asyncDispose]();
});

/** The route as a front mounts it. */
async function forwarded(handle: Route["handle"], facts: Partial<Route> = {}): Promise<Route> {
  const host = new RouteHost(
    [{ method: "POST", path: "/a/:b", access: "management", ...facts, handle }],
    new RecordingLogger(),
  );
  hosts.push(host);
  const path = await host.start();
  const [route] = await routeFacts([{ method: "POST", path: "/a/:b", access: "management", ...facts, handle }]);
  return forwardedRoute(route ?? expect.fail("no route"), path);
}

const NO_PARAMS = { params: new Map<string, string>() };

function post(body: string | ReadableStream, init: RequestInit = {}): Request {
  return new Request("http://example.test:8501/a/x%20y?q=1", {
    method: "POST",
    body,
    duplex: "half",
    ...init,
  } as RequestInit);
}

/** A body that comes a piece at a time, the next when the one before was taken. */
function pieces(...texts: readonly string[]): ReadableStream<Uint8Array> {
  const rest = texts.map((text) => Buffer.from(text));
  return new ReadableStream({
    pull(controller) {
      const next = rest.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  });
}

describe("a route of the main process in a front", () => {
  it("tells of its answer what it tells there, where it is public", async () => {
    const described = async () => ({
      id: "weather",
      summary: "Tells the weather.",
      answer: { description: "It.", mediaType: "text/plain", schema: z.object({ degrees: z.number() }) },
    });
    const handle = () => new Response();
    const open = await forwarded(handle, { access: "public", description: described });
    const { answer, ...rest } = (await open.description?.()) ?? expect.fail("no description");
    expect(rest).toEqual({ id: "weather", summary: "Tells the weather." });
    expect(answer).toMatchObject({ description: "It.", mediaType: "text/plain" });
    expect(answer.schema?.["~standard"].jsonSchema.output({ target: "draft-2020-12" })).toMatchObject({
      properties: { degrees: { type: "number" } },
    });
    expect((await forwarded(handle, { description: described })).description).toBeUndefined();
  });

  it("keeps what it is, and its requests and answers what they are", async () => {
    const route = await forwarded(
      async (request, { params }) =>
        new Response(
          `${request.method} ${request.url} ${params.get("b")} ${request.headers.get("x-who")} ${await request.text()}`,
          {
            status: 201,
            headers: [
              ["set-cookie", "a=1"],
              ["set-cookie", "b=2"],
              ["etag", '"3"'],
            ],
          },
        ),
      { maxBodyBytes: 7 },
    );
    expect(route).toMatchObject({ method: "POST", path: "/a/:b", access: "management", maxBodyBytes: 7 });
    const request = post("hello", { headers: { "x-who": "J%C3%BCrg", "plinth-request-url": "http://evil/" } });
    const response = await route.handle(request, { params: new Map([["b", "x ü"]]) });
    expect(await response.text()).toBe("POST http://example.test:8501/a/x%20y?q=1 x ü J%C3%BCrg hello");
    expect([response.status, response.headers.getSetCookie(), response.headers.get("etag")]).toEqual([
      201,
      ["a=1", "b=2"],
      '"3"',
    ]);
  });

  it("is told by the front alone who asks", async () => {
    const route = await forwarded(async (request, { caller }) => {
      return new Response(`${caller} ${request.headers.has("plinth-route-caller")}`);
    });
    const spoofed = { headers: { "plinth-route-caller": "mallory" } };
    expect(await (await route.handle(post("", spoofed), NO_PARAMS)).text()).toBe("undefined false");
    const context = { ...NO_PARAMS, caller: "Jürg" };
    expect(await (await route.handle(post("", spoofed), context)).text()).toBe("Jürg false");
  });

  it.each([204, 304])("answers %i without a body", async (status) => {
    const route = await forwarded(() => new Response(null, { status }));
    const response = await route.handle(post("x"), NO_PARAMS);
    expect([response.status, response.body]).toEqual([status, null]);
  });

  it("answers HEAD with the headers of a body that it does not send", async () => {
    const route = await forwarded(() => Response.json({ live: true }, { headers: { "content-length": "13" } }));
    const request = new Request("http://example.test/a", { method: "HEAD" });
    const response = await route.handle(request, NO_PARAMS);
    expect([response.headers.get("content-length"), await response.text()]).toEqual(["13", ""]);
  });

  it("streams both ways", async () => {
    const first = deferred();
    const route = await forwarded(
      (request) =>
        new Response(
          (request.body as ReadableStream<Uint8Array>).pipeThrough(
            new TransformStream({
              transform(chunk, controller) {
                first.resolve();
                controller.enqueue(chunk);
              },
            }),
          ),
        ),
    );
    let enqueue: (text: string) => void = () => {};
    let close = () => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        enqueue = (text) => controller.enqueue(Buffer.from(text));
        close = () => controller.close();
      },
    });
    enqueue("one ");
    const response = await route.handle(post(body), NO_PARAMS);
    await first.promise;
    const reader = (response.body ?? expect.fail("no body")).getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("one ");
    enqueue("two");
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("two");
    close();
    expect((await reader.read()).done).toBe(true);
  });

  it("throws what its handler throws", async () => {
    const route = await forwarded(() => {
      throw new PlinthError("REVISION_CONFLICT", "at 3, not at 2", { details: { revision: 3 } });
    });
    await expect(route.handle(post("x"), NO_PARAMS)).rejects.toMatchObject({
      reason: "REVISION_CONFLICT",
      code: "ABORTED",
      message: "at 3, not at 2",
      details: { revision: 3 },
    });
  });

  it("throws what the request's body throws, as one that is too large", async () => {
    const route = await forwarded(async (request) => new Response(await request.text()));
    const body = new ReadableStream({
      pull() {
        throw new PlinthError("REQUEST_TOO_LARGE", "more than 7 bytes");
      },
    });
    await expect(route.handle(post(body), NO_PARAMS)).rejects.toMatchObject({ reason: "REQUEST_TOO_LARGE" });
  });

  it("may answer ahead of the body, which it then does not get", async () => {
    const route = await forwarded(() => new Response("no", { status: 409 }));
    const response = await route.handle(
      post(pieces(...Array.from({ length: 64 }, () => "x".repeat(65_536)))),
      NO_PARAMS,
    );
    expect([response.status, await response.text()]).toEqual([409, "no"]);
  });

  it("tells its handler when the client goes", async () => {
    const aborted = deferred();
    const begun = deferred();
    const route = await forwarded(async (request) => {
      request.signal.addEventListener("abort", () => aborted.resolve());
      begun.resolve();
      return new Promise<Response>(() => {});
    });
    const client = new AbortController();
    const answer = route.handle(post("x", { signal: client.signal }), NO_PARAMS);
    await begun.promise;
    client.abort();
    await expect(answer).rejects.toMatchObject({ reason: "CANCELLED" });
    await aborted.promise;
  });

  it("tells its handler when the client goes in the middle of the answer", async () => {
    const cancelled = deferred();
    const route = await forwarded(
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(Buffer.from("begun")),
            cancel: () => cancelled.resolve(),
          }),
        ),
    );
    const response = await route.handle(post("x"), NO_PARAMS);
    const reader = (response.body ?? expect.fail("no body")).getReader();
    await reader.read();
    await reader.cancel();
    await cancelled.promise;
  });

  it("says that the main process does not answer once that has gone", async () => {
    const route = await forwarded(() => new Response("x"));
    for (const host of hosts.splice(0)) await host[Symbol.asyncDispose]();
    await expect(route.handle(post("x"), NO_PARAMS)).rejects.toMatchObject({ reason: "EXECUTOR_DIED" });
  });
});

describe("where the main process answers routes", () => {
  it("is a folder that nobody else may open, and is gone afterwards", async () => {
    const host = new RouteHost([], new RecordingLogger());
    const folder = dirname(await host.start());
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await host[Symbol.asyncDispose]();
    await expect(stat(folder)).rejects.toThrow("ENOENT");
  });
});
