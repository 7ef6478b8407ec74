import { DEFAULT_SIGNATURE, PlinthError, type ServableHandle } from "@plinth/core";
import { classify, type ExampleCall, multiInference, readInput, regress } from "@plinth/tf-example";
import type { Caller } from "../calls/caller.js";
import type { UnaryMethod } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { type ExampleRequest, readExampleRequest, readMultiInferenceRequest } from "./decode-examples.js";
import { encodeClassification, encodeMultiInference, encodeRegression } from "./encode-results.js";

/**
 * `Classify`. What is wrong is told in TensorFlow Serving's order: the model, its version and label, then the examples, the signature, its
 * inputs. An overloaded model refuses before all of that but the message's outline is looked at.
 */
export function classifyMethod(surroundings: Surroundings): UnaryMethod {
  return exampleMethod(surroundings, async (handle, call) => {
    const { signature = DEFAULT_SIGNATURE } = call;
    return encodeClassification(await classify(handle, call), handle, signature);
  });
}

/** `Regress`, as {@link classifyMethod}. */
export function regressMethod(surroundings: Surroundings): UnaryMethod {
  return exampleMethod(surroundings, async (handle, call) => {
    const { signature = DEFAULT_SIGNATURE } = call;
    return encodeRegression(await regress(handle, call), handle, signature);
  });
}

/** `MultiInference`, as {@link classifyMethod}. */
export function multiInferenceMethod(surroundings: Surroundings): UnaryMethod {
  return {
    kind: "unary",
    answer: (request, caller) => {
      const { tasks, ...asked } = readMultiInferenceRequest(request);
      return answerExamples(surroundings, asked, caller, async (handle, call) => {
        return encodeMultiInference(await multiInference(handle, tasks, call), handle);
      });
    },
  };
}

/** Answers a call with the version that it asked for. */
type AnswerExamples = (handle: ServableHandle, call: ExampleCall) => Promise<Uint8Array>;

function exampleMethod(surroundings: Surroundings, answer: AnswerExamples): UnaryMethod {
  return {
    kind: "unary",
    answer: (request, caller) => answerExamples(surroundings, readExampleRequest(request), caller, answer),
  };
}

async function answerExamples(
  { server }: Surroundings,
  { spec, input }: ExampleRequest,
  { deadlineMs, signal, header, origin }: Caller,
  answer: AnswerExamples,
): Promise<Uint8Array> {
  const { model, version, label, signature } = spec;
  const target = { model, version, label, header, deadlineMs, signal, origin };
  try {
    const overload = server.overload(target);
    if (overload !== undefined) throw overload;
    using handle = await server.acquire(target);
    handle.admit();
    return await answer(handle, { signature: signature || undefined, examples: readInput(input), deadlineMs, signal });
  } catch (thrown) {
    const error = PlinthError.from(thrown);
    server.refused(target, error);
    throw error;
  }
}
