import { DEFAULT_SIGNATURE, type ServableHandle } from "@plinth/core";
import { classify, type ExampleCall, multiInference, readInput, regress } from "@plinth/tf-example";
import { answerInference } from "../calls/answer-inference.js";
import type { UnaryMethod } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { readExampleRequest, readMultiInferenceRequest } from "./decode-examples.js";
import { encodeClassification, encodeMultiInference, encodeRegression } from "./encode-results.js";
import type { ModelSpec } from "./model-spec.js";

/**
 * `Classify`. What is wrong is told in TensorFlow Serving's order: the model, its version and label, then the examples, the signature, its
 * inputs. An overloaded model refuses before all of that but the message's outline is looked at.
 */
export function classifyMethod(surroundings: Surroundings): UnaryMethod {
  return exampleMethod(surroundings, "classify", async (handle, call) => {
    const { signature = DEFAULT_SIGNATURE } = call;
    return encodeClassification(await classify(handle, call), handle, signature);
  });
}

/** `Regress`, as {@link classifyMethod}. */
export function regressMethod(surroundings: Surroundings): UnaryMethod {
  return exampleMethod(surroundings, "regress", async (handle, call) => {
    const { signature = DEFAULT_SIGNATURE } = call;
    return encodeRegression(await regress(handle, call), handle, signature);
  });
}

/** `MultiInference`, as {@link classifyMethod}. */
export function multiInferenceMethod({ server }: Surroundings): UnaryMethod {
  return {
    kind: "unary",
    answer: (request, caller) =>
      answerInference(server, caller, {
        method: "multi-inference",
        read: () => flatten(readMultiInferenceRequest(request)),
        answer: async (handle, { tasks, input }, call) =>
          encodeMultiInference(await multiInference(handle, tasks, { examples: readInput(input), ...call }), handle),
      }),
  };
}

/** Answers a call with the version that it asked for. */
type AnswerExamples = (handle: ServableHandle, call: ExampleCall) => Promise<Uint8Array>;

function exampleMethod({ server }: Surroundings, method: string, answer: AnswerExamples): UnaryMethod {
  return {
    kind: "unary",
    answer: (request, caller) =>
      answerInference(server, caller, {
        method,
        read: () => flatten(readExampleRequest(request)),
        answer: (handle, { signature, input }, call) =>
          answer(handle, { signature, examples: readInput(input), ...call }),
      }),
  };
}

/** What is asked beside the version that it asks of. */
function flatten<Request extends { readonly spec: ModelSpec }>({
  spec,
  ...rest
}: Request): ModelSpec & Omit<Request, "spec"> {
  return { ...spec, ...rest };
}
