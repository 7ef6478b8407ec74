import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as requestOver } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { deserialize } from "node:v8";
import type { Route, RouteContext } from "../../extension-points/route.js";
import { PlinthError } from "../../model/errors.js";
import { type PackedError, unpackError } from "../../serving/execution/worker/packed-error.js";
import { messageOf } from "../message-of.js";
import { unpacked } from "./carried-description.js";
import type { RouteFacts } from "./front-facts.js";
import { CALLER_HEADER, headersOf, PARAMS_HEADER, passedOn, THROWN_HEADER, URL_HEADER } from "./route-headers.js";

/** Answers that have no body, whose `Response` must not be given one. */
const WITHOUT_BODY = new Set([204, 205, 304]);

/** A route of the main process, as a front mounts it: requests and answers go through as streams. */
export function forwardedRoute({ index, description, ...route }: RouteFacts, socketPath: string): Route {
  return {
    ...route,
    description: description && (async () => unpacked(description)),
    handle: async (request, context) => {
      const answer = await forward(request, context, index, socketPath);
      if (answer.headers[THROWN_HEADER] !== undefined) {
        throw unpackError(deserialize(await buffer(answer)) as PackedError);
      }
      return webResponse(answer);
    },
  };
}

async function forward(
  request: Request,
  { params, caller }: RouteContext,
  index: number,
  socketPath: string,
): Promise<IncomingMessage> {
  const forwarded = requestOver({ socketPath, path: `/${index}`, method: request.method, agent: false });
  for (const [name, value] of passedOn(request.headers)) forwarded.appendHeader(name, value);
  forwarded.setHeader(URL_HEADER, request.url);
  forwarded.setHeader(PARAMS_HEADER, encodeURIComponent(JSON.stringify([...params])));
  forwarded.setHeader(CALLER_HEADER, encodeURIComponent(caller ?? ""));
  const stop = () => void forwarded.destroy();
  if (request.signal.aborted) stop();
  else request.signal.addEventListener("abort", stop, { once: true });
  const answered = once(forwarded, "response") as Promise<[IncomingMessage]>;
  // Told also after the answer, where the main process did not read the request to its end.
  forwarded.on("error", () => {});
  const sent = send(request, forwarded).then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    const [answer] = await answered;
    answer.once("close", () => request.signal.removeEventListener("abort", stop));
    return answer;
  } catch (cause) {
    request.signal.removeEventListener("abort", stop);
    throw explained((await sent) ?? cause, request.signal);
  }
}

/** Ends when the request has gone out; rejects where its body fails, or the connection. */
async function send({ body }: Request, forwarded: ClientRequest): Promise<void> {
  if (body === null) forwarded.end();
  else await pipeline(Readable.fromWeb(body as ReadableStream), forwarded);
}

function explained(cause: unknown, signal: AbortSignal): PlinthError {
  if (cause instanceof PlinthError) return cause;
  if (signal.aborted) return new PlinthError("CANCELLED", "The client went away before the answer", { cause });
  return new PlinthError("EXECUTOR_DIED", `The main process did not answer: ${messageOf(cause)}`, { cause });
}

function webResponse(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 500;
  const hasBody = !WITHOUT_BODY.has(status);
  if (!hasBody) answer.resume();
  const headers = passedOn(headersOf(answer)).map(([name, value]) => [name, value] as [string, string]);
  const body = hasBody ? (Readable.toWeb(answer) as ReadableStream<Uint8Array>) : null;
  return new Response(body, { status, statusText: answer.statusMessage ?? "", headers });
}
