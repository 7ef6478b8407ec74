import { DEFAULT_SIGNATURE, type ServableHandle } from "@plinth/core";
import { classify, type ExampleCall, multiInference, readInput, regress } from "@plinth/tf-example";
import { answerInference } from "../calls/answer-inference.js";
import type { UnaryMethod } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { readExampleRequest, readMultiInferenceRequest } from "./decode-examples.js";
import { encodeClassification, encodeMultiInference, encodeRegression } from "./encode-results.js";

/**
 * `Classify`. What is wrong is told in TensorFlow Serving's order: the model, its version and label, then the examples, then the signature,
 * then its inputs.
 */
export function classifyMethod(surroundings: Surroundings): UnaryMethod {
  return exampleMethod(surroundings, "classify", async (handle, signature, call) => {
    return encodeClassification(await classify(handle, { signature, ...call }), handle, signature);
  });
}

/** `Regress`, as {@link classifyMethod}. */
export function regressMethod(surroundings: Surroundings): UnaryMethod {
  return exampleMethod(surroundings, "regress", async (handle, signature, call) => {
    return encodeRegression(await regress(handle, { signature, ...call }), handle, signature);
  });
}

/** `MultiInference`, as {@link classifyMethod}. */
export function multiInferenceMethod({ server }: Surroundings): UnaryMethod {
  return {
    kind: "unary",
    answer: (request, caller) =>
      answerInference(server, caller, {
        method: "multiInference",
        read: () => readMultiInferenceRequest(request),
        answer: async (handle, { tasks, input }, options) => {
          const results = await multiInference(handle, tasks, { examples: readInput(input), ...options });
          return encodeMultiInference(results, handle);
        },
      }),
  };
}

/** Answers with the signature that was asked for, or the default one. */
type AnswerExamples = (
  handle: ServableHandle,
  signature: string,
  call: Omit<ExampleCall, "signature">,
) => Promise<Uint8Array>;

function exampleMethod({ server }: Surroundings, method: string, answer: AnswerExamples): UnaryMethod {
  return {
    kind: "unary",
    answer: (request, caller) =>
      answerInference(server, caller, {
        method,
        read: () => readExampleRequest(request),
        answer: (handle, { signature = DEFAULT_SIGNATURE, input }, options) =>
          answer(handle, signature, { examples: readInput(input), ...options }),
      }),
  };
}
