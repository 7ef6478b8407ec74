import { PlinthError } from "@plinth/core";
import { type InferenceAnswer, infer, modelTarget, protocolError } from "@plinth/open-inference";
import { answerInference } from "../calls/answer-inference.js";
import type { Caller } from "../calls/caller.js";
import type { DuplexMethod, UnaryMethod } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { TensorBudget } from "../wire/tensor-budget.js";
import { readInfer, readOutline } from "./decode.js";
import { encodeInfer, encodeStreamError, encodeStreamed } from "./encode.js";
import { answersInOrder } from "./in-order.js";

/** Requests of one stream that are under way at once; a stream with more waits. */
const MAX_STREAMED_AT_ONCE = 32;

/** Metadata by which a client wants errors of a stream as its status, and so its end. */
const GRPC_ERRORS = "triton_grpc_error";

type Encode = (answer: InferenceAnswer) => Uint8Array;

/** `ModelInfer`. */
export function inferMethod(surroundings: Surroundings): UnaryMethod {
  return { kind: "unary", answer: (request, caller) => answerInfer(surroundings, request, caller, encodeInfer) };
}

/** `ModelStreamInfer`: an answer for each request, in their order. No backend streams its answer yet, so that each has one. */
export function streamInferMethod(surroundings: Surroundings): DuplexMethod {
  const answer = async (request: Buffer, caller: Caller): Promise<Uint8Array> => {
    const asking = caller.withRequest(performance.now(), surroundings.limits.inferenceTimeoutMs);
    try {
      return await answerInfer(surroundings, request, asking, encodeStreamed);
    } catch (thrown) {
      if (caller.header(GRPC_ERRORS) === "true") throw thrown;
      return encodeStreamError(PlinthError.from(thrown).message, idOf(request));
    }
  };
  return {
    kind: "duplex",
    answer: (requests, caller) => answersInOrder(requests, (each) => answer(each, caller), MAX_STREAMED_AT_ONCE),
  };
}

async function answerInfer(
  { server, limits }: Surroundings,
  request: Buffer,
  caller: Caller,
  encode: Encode,
): Promise<Uint8Array> {
  const arrivedAtMs = performance.now();
  let target = { model: "" };
  const read = () => {
    const { model, version, id } = readOutline(request);
    target = { model };
    target = modelTarget(model, version);
    return { ...target, id };
  };
  try {
    return await answerInference(server, caller, {
      method: "infer",
      read,
      answer: async (handle, { id }, { deadlineMs = Number.POSITIVE_INFINITY, ...call }) => {
        const decoded = readInfer(request, id, new TensorBudget(limits.maxRequestBytes));
        return encode(await infer(handle, decoded, { arrivedAtMs, deadlineMs, ...call }));
      },
    });
  } catch (thrown) {
    throw protocolError(thrown, target);
  }
}

/** Empty for a message that cannot be read. */
function idOf(request: Buffer): string {
  try {
    return readOutline(request).id;
  } catch {
    return "";
  }
}
