import { type InferCall, type ModelServer, type ModelTarget, PlinthError, type ServableHandle } from "@plinth/core";
import { answerClassify, answerMultiInference, answerRegress } from "./examples.js";
import type { InferenceVerb } from "./paths.js";
import { answerPredict } from "./predict.js";

/** How long an answer is of use to its client, and how soon it is wanted. */
export type Patience = Pick<InferCall, "deadlineMs" | "signal" | "priority">;

/**
 * Answers the body of a request with the body of its answer.
 *
 * @param servable the version that is to answer. What it throws, where there is none, is told after errors of syntax in the whole
 *   document, and before errors of tensors
 */
export type AnswerInference = (servable: () => ServableHandle, body: Uint8Array, patience: Patience) => Promise<Buffer>;

const ANSWERS: Readonly<Record<InferenceVerb, AnswerInference>> = {
  predict: answerPredict,
  classify: answerClassify,
  regress: answerRegress,
  multiInference: answerMultiInference,
};

/**
 * Answers the body of one inference request with the body of its answer.
 *
 * What is wrong is told in TensorFlow Serving's order: the document's syntax (of examples, also their form), then model, version and label,
 * then signature, then tensors. An overloaded model refuses before all of that is looked at.
 *
 * @throws PlinthError
 */
export async function answerInference(
  server: ModelServer,
  verb: InferenceVerb,
  target: ModelTarget,
  body: Uint8Array,
  patience: Patience,
): Promise<Buffer> {
  const acquired = await acquire(server, target);
  if (acquired instanceof PlinthError) {
    return ANSWERS[verb](() => throwing(acquired), body, patience);
  }
  try {
    acquired.admit();
    return await ANSWERS[verb](() => acquired, body, patience);
  } catch (thrown) {
    const error = PlinthError.from(thrown);
    server.refused({ model: target.model, version: acquired.version, origin: target.origin }, error);
    throw error;
  } finally {
    acquired[Symbol.dispose]();
  }
}

/** The handle, or why there is none. */
async function acquire(server: ModelServer, target: ModelTarget): Promise<ServableHandle | PlinthError> {
  try {
    return await server.acquire(target);
  } catch (thrown) {
    return PlinthError.from(thrown);
  }
}

function throwing(error: PlinthError): never {
  throw error;
}
