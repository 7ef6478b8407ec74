import { setMaxListeners } from "node:events";
import { connect } from "node:net";
import type { Protocol } from "@plinth/core";
import { expect } from "vitest";
import { rejectionOf } from "../traits/rejection.js";
import type { ProtocolCase, ProtocolContext } from "./protocol-under-test.js";

const { signal: NEVER } = new AbortController();
// Many calls at once share it.
setMaxListeners(0, NEVER);

export const lifetimeCases: readonly ProtocolCase[] = [
  {
    name: "listens where it says, once it is started",
    run: async ({ create, server }) => {
      const endpoints = await create().start(server, { signal: NEVER });
      expect(endpoints.length).toBeGreaterThan(0);
      for (const { url } of endpoints) expect(await accepts(url)).toBe(true);
    },
  },
  {
    name: "goes on listening when the signal of its start aborts after it has started",
    run: async ({ create, server, subject }) => {
      const starting = new AbortController();
      const [endpoint] = await create().start(server, { signal: starting.signal });
      starting.abort();
      await new Promise((resolve) => setImmediate(resolve));
      expect(await subject.infer(endpoint?.url ?? "")).toEqual([1, 2]);
    },
  },
  {
    name: "does not start where the signal has aborted before",
    run: async ({ create, server }) => {
      expect(await rejectionOf(create().start(server, { signal: AbortSignal.abort() }))).toBeInstanceOf(Error);
    },
  },
  {
    name: "listens nowhere after a start that failed because the address is taken",
    run: async ({ create, server }) => {
      const [taken] = await create().start(server, { signal: NEVER });
      const second = create(portOf(taken?.url ?? ""));
      expect(await rejectionOf(second.start(server, { signal: NEVER }))).toBeInstanceOf(Error);
      await second[Symbol.asyncDispose]();
    },
  },
  {
    name: "gives its address back when it is disposed, so that another can have it",
    run: async ({ create, server }) => {
      const first = create();
      const [taken] = await first.start(server, { signal: NEVER });
      await first[Symbol.asyncDispose]();
      expect(await accepts(taken?.url ?? "")).toBe(false);
      await create(portOf(taken?.url ?? "")).start(server, { signal: NEVER });
    },
  },
  {
    name: "may be drained and disposed without having been started, and twice",
    run: async ({ create }) => {
      const protocol = create();
      await protocol.drain({ signal: NEVER });
      await protocol[Symbol.asyncDispose]();
      await protocol[Symbol.asyncDispose]();
    },
  },
];

export const drainingCases: readonly ProtocolCase[] = [
  {
    name: "settles at once when nothing is under way, and takes no new connection",
    run: async ({ create, server }) => {
      const protocol = create();
      const [endpoint] = await protocol.start(server, { signal: NEVER });
      await protocol.drain({ signal: NEVER });
      expect(await accepts(endpoint?.url ?? "")).toBe(false);
    },
  },
  {
    name: "answers what was begun before it settles",
    run: async (context) => {
      const { protocol, answer } = await holdingOne(context);
      let settled = false;
      const drained = protocol.drain({ signal: NEVER }).then(() => {
        settled = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(settled).toBe(false);
      context.server.letGo();
      expect(await answer).toEqual([1, 2]);
      await drained;
    },
  },
  {
    name: "settles when its signal aborts, though a request is still under way, and disposal cuts that",
    run: async (context) => {
      const { protocol, answer } = await holdingOne(context);
      const cut = rejectionOf(answer);
      await protocol.drain({ signal: AbortSignal.abort() });
      await protocol[Symbol.asyncDispose]();
      expect(await cut).toBeInstanceOf(Error);
      context.server.letGo();
    },
  },
];

export const inferenceCases: readonly ProtocolCase[] = [
  {
    name: "answers an inference",
    run: async ({ create, server, subject }) => {
      const [endpoint] = await create().start(server, { signal: NEVER });
      expect(await subject.infer(endpoint?.url ?? "")).toEqual([1, 2]);
    },
  },
  {
    name: "answers many at once and gives back every version that it held",
    run: async ({ create, server, subject }) => {
      const [endpoint] = await create().start(server, { signal: NEVER });
      const answers = await Promise.all(Array.from({ length: 50 }, () => subject.infer(endpoint?.url ?? "")));
      expect(answers).toEqual(Array.from({ length: 50 }, () => [1, 2]));
      expect(server.begun).toBe(50);
      await expect.poll(() => server.held).toBe(0);
    },
  },
  {
    name: "tells of an overload, holds nothing after it, and answers again when it is over",
    run: async ({ create, server, subject }) => {
      const [endpoint] = await create().start(server, { signal: NEVER });
      server.isOverloaded = true;
      expect(await rejectionOf(subject.infer(endpoint?.url ?? ""))).toBeInstanceOf(Error);
      expect(server.begun).toBe(0);
      await expect.poll(() => server.held).toBe(0);
      server.isOverloaded = false;
      expect(await subject.infer(endpoint?.url ?? "")).toEqual([1, 2]);
    },
  },
];

async function holdingOne({
  create,
  server,
  subject,
}: ProtocolContext): Promise<{ readonly protocol: Protocol; readonly answer: Promise<readonly number[]> }> {
  const protocol = create();
  const [endpoint] = await protocol.start(server, { signal: NEVER });
  server.holdUp();
  const reached = server.nextRequest();
  const answer = subject.infer(endpoint?.url ?? "");
  await Promise.race([reached, answer]);
  return { protocol, answer };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** Whether anybody takes a connection there. */
function accepts(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
