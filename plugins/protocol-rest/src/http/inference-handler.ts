import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type InferCall, type ModelServer, type ModelTarget, PlinthError, type ServerLimits } from "@plinth/core";
import { clientSignal } from "./client-signal.js";
import { pack } from "./content-encoding.js";
import { pathnameOf } from "./pathname.js";
import { readBody } from "./read-body.js";
import { requestDeadline } from "./request-deadline.js";
import { restOrigin } from "./request-origin.js";
import { type Answer, discardRest, send } from "./send.js";
import { type StreamedAnswer, sendStream } from "./send-stream.js";
import type { Surroundings } from "./surroundings.js";

/** What a path asks for, of whatever dialect. */
export interface InferencePath {
  /** As `predict`. */
  readonly verb: string;
  readonly target: ModelTarget;
}

/** A request for inference that has arrived whole. */
export interface ArrivedRequest extends Required<Pick<InferCall, "deadlineMs" | "signal" | "origin">> {
  readonly server: ModelServer;
  readonly limits: ServerLimits;
  /** With the headers that sticky traffic may ask for, with how long a load is waited for, and with who asks. */
  readonly target: ModelTarget;
  /** Its bytes are the request's alone. */
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
  /** On the clock of `performance.now()`. */
  readonly arrivedAtMs: number;
  readonly deadlineMs: number;
}

/** One way to ask for inference over HTTP. */
export interface InferenceDialect<Path extends InferencePath = InferencePath> {
  /** `undefined` for what is no inference of this dialect, or cannot be read: the slow way tells why. */
  recognize(pathname: string): Path | undefined;
  /** Where in a body with these headers raw tensors begin; 0 where there are none. */
  tensorsAt(headers: IncomingHttpHeaders): number;
  /** @throws anything */
  answer(path: Path, request: ArrivedRequest): Promise<Answer | StreamedAnswer>;
  refuse(path: Path, error: PlinthError): Answer;
}

/** Answers the request and says `true` if it is one of inference; else leaves it alone. */
export type InferenceHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

export function createInferenceHandler(
  surroundings: Surroundings,
  dialects: readonly InferenceDialect[],
): InferenceHandler {
  return (request, response) => {
    if (request.method !== "POST") return false;
    const pathname = pathnameOf(request);
    for (const dialect of dialects) {
      const path = dialect.recognize(pathname);
      if (path === undefined) continue;
      void answer(surroundings, dialect, path, request, response);
      return true;
    }
    return false;
  };
}

async function answer(
  { server, limits, logger, isDraining }: Surroundings,
  dialect: InferenceDialect,
  path: InferencePath,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const arrivedAtMs = performance.now();
  const { headers } = request;
  const origin = restOrigin(headers, path.verb, arrivedAtMs);
  let target: ModelTarget = { ...path.target, origin };
  try {
    const deadlineMs = requestDeadline(headers, arrivedAtMs, limits.inferenceTimeoutMs);
    const signal = clientSignal(request.socket);
    target = askedBy(headers, path.target, { deadlineMs, signal, origin });
    const overload = server.overload(target);
    if (overload !== undefined) throw overload;
    const body = await readBody(request, limits.maxRequestBytes, dialect.tensorsAt(headers));
    const arrived = { server, limits, target, body, headers, arrivedAtMs, deadlineMs, signal, origin };
    const answered = await dialect.answer(path, arrived);
    if ("parts" in answered) {
      await sendStream(response, answered, isDraining);
      return;
    }
    const accepted = headers["accept-encoding"];
    send(response, accepted === undefined ? answered : await packed(answered, String(accepted)), isDraining());
  } catch (thrown) {
    const error = PlinthError.from(thrown);
    server.refused(target, error);
    if (error.code === "INTERNAL") logger.error(`${path.verb} of model ${path.target.model} failed`, { error });
    const refusal = dialect.refuse(path, error);
    await discardRest(request);
    send(response, refusal, isDraining() || !request.complete);
  }
}

async function packed(answered: Answer, accepted: string): Promise<Answer> {
  const result = await pack(answered.chunks, accepted);
  if (result === undefined) return answered;
  const headers = { ...answered.headers, "Content-Encoding": result.encoding, Vary: "Accept-Encoding" };
  return { status: answered.status, chunks: [result.body], headers };
}

function askedBy(
  headers: IncomingHttpHeaders,
  { model, version, label }: ModelTarget,
  rest: Pick<ModelTarget, "deadlineMs" | "signal" | "origin">,
): ModelTarget {
  const header = (name: string): string | undefined => {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    return Array.isArray(value) ? value.join(", ") : value;
  };
  return { model, version, label, header, ...rest };
}
