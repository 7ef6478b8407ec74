import type { IncomingMessage } from "node:http";
import { Readable, Transform } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type Router from "@koa/router";
import { checkManager, PlinthError, type Route } from "@plinth/core";
import type { Context } from "koa";
import { isLocalCaller } from "./local-caller.js";
import { tooLarge } from "./read-body.js";
import { schemeOf } from "./scheme-of.js";
import { discardRest } from "./send.js";
import type { Surroundings } from "./surroundings.js";

/** What an answer says that goes on until one side ends it. */
const ENDLESS = "text/event-stream";

/** Serves one web-standard route on Koa. */
export function mountRoute(router: Router, route: Route, { limits, managementTokens, draining }: Surroundings): void {
  const path = route.path.replace(/\/\*$/, "{/*rest}");
  router.register(
    path,
    [route.method],
    [
      async (context: Context & { params: Record<string, string> }) => {
        const caller = route.access === "management" ? checkCaller(context.req, managementTokens) : undefined;
        const { rest, ...named } = context.params;
        const params = new Map(Object.entries(named));
        if (path !== route.path) params.set("*", rest ?? "");
        const gone = new AbortController();
        const request = webRequest(context, route.maxBodyBytes ?? limits.maxRequestBytes, gone);
        const response = await route.handle(request, { params, caller });
        await discardRest(context.req);
        if (!context.req.complete) context.res.shouldKeepAlive = false;
        if (response.headers.get("content-type")?.startsWith(ENDLESS)) endWith(context, draining, gone);
        answerWith(context, response);
      },
    ],
  );
}

/** Has an answer that would go on for ever end when the server stops, and its connection with it. */
function endWith({ res }: Context, draining: AbortSignal, gone: AbortController): void {
  const end = () => gone.abort();
  res.shouldKeepAlive = false;
  draining.addEventListener("abort", end, { once: true });
  res.once("close", () => draining.removeEventListener("abort", end));
  if (draining.aborted) end();
}

function webRequest(context: Context, maxBodyBytes: number, gone: AbortController): Request {
  context.res.once("close", () => {
    if (!context.res.writableFinished) gone.abort();
  });
  const hasBody = context.method !== "GET" && context.method !== "HEAD";
  return new Request(new URL(context.url, `${schemeOf(context.req.socket)}://${context.host || "localhost"}`), {
    method: context.method,
    headers: webHeaders(context.req),
    signal: gone.signal,
    ...(hasBody && { body: limitedBody(context.req, maxBodyBytes), duplex: "half" }),
  });
}

function webHeaders(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const each of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, each);
  }
  return headers;
}

function limitedBody(request: IncomingMessage, maxBytes: number): ReadableStream {
  let bytes = 0;
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(tooLarge(maxBytes, "more"));
      else done(null, chunk);
    },
  });
  request.once("close", () => {
    if (!request.complete)
      limited.destroy(new PlinthError("CANCELLED", "The client went away before its request was complete"));
  });
  return Readable.toWeb(request.pipe(limited));
}

function answerWith(context: Context, response: Response): void {
  for (const [name, value] of response.headers) context.append(name, value);
  context.body = response.body === null ? null : Readable.fromWeb(response.body as ReadableStream);
  // After the body: Koa makes a 204 of everything without one.
  context.status = response.status;
}

/** @returns the name of the token that was shown, where one is needed */
function checkCaller(request: IncomingMessage, tokens: Surroundings["managementTokens"]): string | undefined {
  const { authorization } = request.headers;
  return checkManager(tokens, { authorization, isLocal: () => isLocalCaller(request) });
}
