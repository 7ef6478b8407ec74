import { chooseSignature, infer, protocolError } from "@plinth/open-inference";
import { errorAnswer } from "../http/error-answer.js";
import type { ArrivedRequest, InferenceDialect } from "../http/inference-handler.js";
import type { Answer } from "../http/send.js";
import { decodeInfer } from "./decode.js";
import { encodeInfer } from "./encode.js";
import { asEvent, decodeGenerate, encodeGenerate } from "./generate.js";
import { headerLength } from "./header-length.js";
import { type OpenInferencePath, parseInferencePath } from "./paths.js";
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
  answer: ({ verb }, request) => (verb === "infer" ? answerInfer(request) : answerGenerate(verb, request)),
  refuse: ({ target }, error) => errorAnswer(protocolError(error, target)),
};

async function answerInfer(request: ArrivedRequest): Promise<Answer> {
  const { server, target, body, headers } = request;
  const jsonBytes = headerLength(headers);
  using handle = await server.acquire(target);
  handle.admit();
  const decoded =
    jsonBytes === 0
      ? decodeRawRequest(body, handle.model, chooseSignature(handle).signature)
      : decodeInfer(body, jsonBytes);
  return encodeInfer(await infer(handle, decoded, request));
}

/** No backend streams its answer yet, so that a stream has one event. */
async function answerGenerate(verb: OpenInferencePath["verb"], request: ArrivedRequest): Promise<Answer> {
  using handle = await request.server.acquire(request.target);
  handle.admit();
  const answer = await infer(handle, decodeGenerate(request.body, chooseSignature(handle).signature), request);
  const encoded = encodeGenerate(answer);
  return verb === "generate" ? encoded : asEvent(encoded);
}
