import { PlinthError, type ServableHandle } from "@plinth/core";
import { chooseSignature, infer, inferOnce, inferStream, protocolError } from "@plinth/open-inference";
import { errorAnswer } from "../http/error-answer.js";
import type { ArrivedRequest, InferenceDialect } from "../http/inference-handler.js";
import { requestDeadline } from "../http/request-deadline.js";
import type { Answer } from "../http/send.js";
import type { StreamedAnswer } from "../http/send-stream.js";
import { decodeInfer } from "./decode.js";
import { encodeInfer } from "./encode.js";
import { decodeGenerate, encodeError, encodeEvent, encodeGenerate } from "./generate.js";
import { headerLength } from "./header-length.js";
import { type InferenceVerb, type OpenInferencePath, parseInferencePath } from "./paths.js";
import { decodeRawRequest } from "./raw-request.js";

/** `POST /v2/models/<name>[/versions/<n>]/infer`, `…/generate` and `…/generate_stream`. */
export const openInferenceDialect: InferenceDialect<OpenInferencePath> = {
  recognize(pathname) {
    try {
      return parseInferencePath(pathname);
    } catch {
      return undefined;
    }
  },
  tensorsAt(headers) {
    return headerLength(headers) ?? 0;
  },
  answer: ({ verb }, request) => ANSWERS[verb](request),
  refuse: ({ target }, error) => errorAnswer(protocolError(error, target)),
};

const ANSWERS: Readonly<Record<InferenceVerb, (request: ArrivedRequest) => Promise<Answer | StreamedAnswer>>> = {
  infer: answerInfer,
  generate: answerGenerate,
  generate_stream: answerGenerateStream,
};

const EVENT_STREAM = { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store" };

function answerInfer(request: ArrivedRequest): Promise<Answer> {
  return holding(request, async (handle) => {
    const { body, headers } = request;
    const jsonBytes = headerLength(headers);
    const decoded =
      jsonBytes === 0
        ? decodeRawRequest(body, handle.model, chooseSignature(handle).signature)
        : decodeInfer(body, jsonBytes);
    return encodeInfer(await infer(handle, decoded, request));
  });
}

function answerGenerate(request: ArrivedRequest): Promise<Answer> {
  return holding(request, async (handle) => {
    const decoded = decodeGenerate(request.body, (name) => chooseSignature(handle, name).signature);
    return encodeGenerate(await inferOnce(handle, decoded, streamed(request)));
  });
}

async function answerGenerateStream(request: ArrivedRequest): Promise<StreamedAnswer> {
  const failure = (error: PlinthError) => encodeError(protocolError(error, request.target));
  return { headers: EVENT_STREAM, parts: events(request), failure };
}

async function* events(request: ArrivedRequest): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await request.server.acquire(request.target);
  try {
    handle.admit();
    const decoded = decodeGenerate(request.body, (name) => chooseSignature(handle, name).signature);
    for await (const answer of inferStream(handle, decoded, streamed(request)).answers) yield encodeEvent(answer);
  } catch (thrown) {
    throw reached(handle, request, thrown);
  } finally {
    handle[Symbol.dispose]();
  }
}

function streamed(request: ArrivedRequest): ArrivedRequest & { readonly untilMs: number } {
  const { headers, arrivedAtMs, limits } = request;
  return { ...request, untilMs: requestDeadline(headers, arrivedAtMs, limits.streamTimeoutMs) };
}

/** Answers with a version that is held meanwhile, and tells of what fails then as having reached it. */
async function holding(request: ArrivedRequest, answer: (handle: ServableHandle) => Promise<Answer>): Promise<Answer> {
  const handle = await request.server.acquire(request.target);
  try {
    handle.admit();
    return await answer(handle);
  } catch (thrown) {
    throw reached(handle, request, thrown);
  } finally {
    handle[Symbol.dispose]();
  }
}

function reached(handle: ServableHandle, { server, target }: ArrivedRequest, thrown: unknown): PlinthError {
  const error = PlinthError.from(thrown);
  server.refused({ model: target.model, version: handle.version, origin: target.origin }, error);
  return error;
}
