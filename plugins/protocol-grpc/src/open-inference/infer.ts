import { type ModelTarget, PlinthError } from "@plinth/core";
import { type InferenceAnswer, infer, modelTarget, protocolError } from "@plinth/open-inference";
import type { Caller } from "../calls/caller.js";
import type { DuplexMethod, UnaryMethod } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { TensorBudget } from "../tensorflow-serving/tensor-budget.js";
import { type InferOutline, readInfer, readOutline } from "./decode.js";
import { encodeInfer, encodeStreamError, encodeStreamed } from "./encode.js";
import { answersInOrder } from "./in-order.js";

/** Requests of one stream that are under way at once; a stream with more waits. */
const MAX_STREAMED_AT_ONCE = 32;

/** Metadata by which a client wants errors of a stream as its status, and so its end. */
const GRPC_ERRORS = "triton_grpc_error";

type Encode = (answer: InferenceAnswer) => Uint8Array;

/** `ModelInfer`. */
export function inferMethod(surroundings: Surroundings): UnaryMethod {
  return {
    kind: "unary",
    answer: (request, caller) => answerInfer(surroundings, request, readOutline(request), caller, encodeInfer),
  };
}

/** `ModelStreamInfer`: an answer for each request, in their order. No backend streams its answer yet, so that each has one. */
export function streamInferMethod(surroundings: Surroundings): DuplexMethod {
  const answer = async (request: Buffer, caller: Caller): Promise<Uint8Array> => {
    const outline = readOutline(request);
    try {
      return await answerInfer(surroundings, request, outline, caller, encodeStreamed);
    } catch (thrown) {
      if (caller.header(GRPC_ERRORS) === "true") throw thrown;
      return encodeStreamError(PlinthError.from(thrown).message, outline.id);
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
  { model, version, id }: InferOutline,
  caller: Caller,
  encode: Encode,
): Promise<Uint8Array> {
  const arrivedAtMs = performance.now();
  const { deadlineMs, signal, header, origin } = caller;
  let target: ModelTarget = { model, origin };
  let reached = target;
  try {
    target = { ...modelTarget(model, version), header, deadlineMs, signal, origin };
    reached = target;
    const overload = server.overload(target);
    if (overload !== undefined) throw overload;
    const handle = await server.acquire(target);
    reached = { model, version: handle.version, origin };
    try {
      handle.admit();
      const decoded = readInfer(request, id, new TensorBudget(limits.maxRequestBytes));
      return encode(await infer(handle, decoded, { arrivedAtMs, deadlineMs, signal, origin }));
    } finally {
      handle[Symbol.dispose]();
    }
  } catch (thrown) {
    server.refused(reached, PlinthError.from(thrown));
    throw protocolError(thrown, target);
  }
}
