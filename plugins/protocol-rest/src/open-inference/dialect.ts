import { PlinthError, type ServableHandle } from "@plinth/core";
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

/** No backend streams its answer yet, so that a stream has one event. */
function answerGenerate(verb: OpenInferencePath["verb"], request: ArrivedRequest): Promise<Answer> {
  return holding(request, async (handle) => {
    const decoded = decodeGenerate(request.body, chooseSignature(handle).signature);
    const encoded = encodeGenerate(await infer(handle, decoded, request));
    return verb === "generate" ? encoded : asEvent(encoded);
  });
}

/** Answers with a version that is held meanwhile, and tells of what fails then as having reached it. */
async function holding(
  { server, target }: ArrivedRequest,
  answer: (handle: ServableHandle) => Promise<Answer>,
): Promise<Answer> {
  const handle = await server.acquire(target);
  try {
    handle.admit();
    return await answer(handle);
  } catch (thrown) {
    const error = PlinthError.from(thrown);
    server.refused({ model: target.model, version: handle.version, origin: target.origin }, error);
    throw error;
  } finally {
    handle[Symbol.dispose]();
  }
}
