import type { ModelTarget } from "@plinth/core";
import { infer, inferStream, modelTarget, protocolError } from "@plinth/open-inference";
import { answerInference, answerWithMessages } from "../calls/answer-inference.js";
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

/** `ModelInfer`. */
export function inferMethod(surroundings: Surroundings): UnaryMethod {
  return { kind: "unary", answer: (request, caller) => answerInfer(surroundings, request, caller) };
}

/**
 * `ModelStreamInfer`: one message for each request to a model that answers at once, as many as the model gives for one to a model that streams.
 * The first messages come in the order of the requests; behind them those of several requests may be mixed.
 */
export function streamInferMethod(surroundings: Surroundings): DuplexMethod {
  return {
    kind: "duplex",
    answer: (requests, caller) =>
      answersInOrder(requests, (request) => answerOrError(surroundings, request, caller), MAX_STREAMED_AT_ONCE),
  };
}

async function answerInfer(surroundings: Surroundings, request: Buffer, caller: Caller): Promise<Uint8Array> {
  const { server, limits } = surroundings;
  const arrivedAtMs = performance.now();
  const asking = new AskedModel(request);
  try {
    return await answerInference(server, caller, {
      method: "infer",
      read: () => asking.read(),
      answer: async (handle, { id }, { deadlineMs = Number.POSITIVE_INFINITY, ...call }) => {
        const decoded = readInfer(request, id, new TensorBudget(limits.maxRequestBytes));
        return encodeInfer(await infer(handle, decoded, { arrivedAtMs, deadlineMs, ...call }));
      },
    });
  } catch (thrown) {
    throw protocolError(thrown, asking.target);
  }
}

async function* answerOrError(
  surroundings: Surroundings,
  request: Buffer,
  caller: Caller,
): AsyncGenerator<Uint8Array, void, undefined> {
  const asked = new AskedModel(request);
  try {
    yield* answerStreamed(surroundings, request, asked, caller);
  } catch (thrown) {
    const error = protocolError(thrown, asked.target);
    if (caller.header(GRPC_ERRORS) === "true") throw error;
    yield encodeStreamError(error.message, idOf(request));
  }
}

function answerStreamed(
  { server, limits }: Surroundings,
  request: Buffer,
  asked: AskedModel,
  caller: Caller,
): AsyncGenerator<Uint8Array, void, undefined> {
  const arrivedAtMs = performance.now();
  const untilMs = Math.min(caller.deadlineMs, arrivedAtMs + limits.streamTimeoutMs);
  return answerWithMessages(server, caller.withRequest(arrivedAtMs, limits.inferenceTimeoutMs), {
    method: "infer",
    read: () => asked.read(),
    answer: async function* (handle, { id }, { deadlineMs = Number.POSITIVE_INFINITY, ...call }) {
      const decoded = readInfer(request, id, new TensorBudget(limits.maxRequestBytes));
      const stream = inferStream(handle, decoded, { arrivedAtMs, deadlineMs, untilMs, ...call });
      for await (const answer of stream.answers) yield encodeStreamed(answer, !stream.isDecoupled);
      if (stream.isDecoupled && stream.wantsEmptyFinal) yield encodeStreamed(stream.empty, true);
    },
  });
}

/** Which model a request asks for, as far as it could be read. */
class AskedModel {
  target: ModelTarget = { model: "" };
  readonly #request: Buffer;

  constructor(request: Buffer) {
    this.#request = request;
  }

  /** @throws PlinthError `REQUEST_INVALID` */
  read(): ModelTarget & { readonly id: string } {
    const { model, version, id } = readOutline(this.#request);
    this.target = { model };
    this.target = modelTarget(model, version);
    return { ...this.target, id };
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
