import type { IncomingMessage, ServerResponse } from "node:http";
import { type ModelTarget, PlinthError } from "@plinth/core";
import { clientSignal } from "../http/client-signal.js";
import { readBody } from "../http/read-body.js";
import { requestDeadline } from "../http/request-deadline.js";
import { restOrigin } from "../http/request-origin.js";
import { discardRest, sendJson } from "../http/send.js";
import type { Surroundings } from "../http/surroundings.js";
import { errorAnswer } from "./errors.js";
import { answerInference } from "./inference.js";
import { parseServingPath, type ServingPath } from "./paths.js";

type InferencePath = Extract<ServingPath, { kind: "inference" }>;

/** Answers the request and says `true` if it is one of inference; else leaves it alone. */
export type InferenceHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

export function createInferenceHandler(surroundings: Surroundings): InferenceHandler {
  return (request, response) => {
    const path = request.method === "POST" ? inferencePath(request.url ?? "") : undefined;
    if (path === undefined) return false;
    void answer(surroundings, path, request, response);
    return true;
  };
}

async function answer(
  { server, limits, logger, isDraining }: Surroundings,
  { verb, target }: InferencePath,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const arrivedAtMs = performance.now();
  const origin = restOrigin(request.headers, verb, arrivedAtMs);
  let asked: ModelTarget = { ...target, origin };
  try {
    const deadlineMs = requestDeadline(request.headers, arrivedAtMs, limits.inferenceTimeoutMs);
    const patience = { deadlineMs, signal: clientSignal(request.socket) };
    asked = askedBy(request, target, { ...patience, origin });
    const overload = server.overload(asked);
    if (overload !== undefined) throw overload;
    const body = await readBody(request, limits.maxRequestBytes);
    sendJson(response, 200, await answerInference(server, verb, asked, body, patience), isDraining());
  } catch (thrown) {
    const error = PlinthError.from(thrown);
    server.refused(asked, error);
    if (error.code === "INTERNAL") logger.error(`${verb} of model ${target.model} failed`, { error });
    const { status, body, headers } = errorAnswer(error);
    await discardRest(request);
    sendJson(response, status, body, isDraining() || !request.complete, headers);
  }
}

/** The target with the headers that sticky traffic may ask for, with how long a load is waited for, and with who asks. */
function askedBy(
  { headers }: IncomingMessage,
  { model, version, label }: ModelTarget,
  rest: Pick<ModelTarget, "deadlineMs" | "signal" | "origin">,
): ModelTarget {
  const header = (name: string): string | undefined => {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    return Array.isArray(value) ? value.join(", ") : value;
  };
  return { model, version, label, header, ...rest };
}

/** A path that cannot be read, as one with a version past int64, is left to the slow way, which tells why. */
function inferencePath(url: string): InferencePath | undefined {
  const query = url.indexOf("?");
  const pathname = query === -1 ? url : url.slice(0, query);
  if (!pathname.includes(":", pathname.lastIndexOf("/"))) return undefined;
  try {
    const path = parseServingPath(pathname);
    return path?.kind === "inference" ? path : undefined;
  } catch {
    return undefined;
  }
}
