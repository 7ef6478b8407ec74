import { classify, multiInference, regress } from "@plinth/tf-example";
import { decodeExamples, decodeMultiInference } from "./decode-examples.js";
import { encodeClassification, encodeMultiInference, encodeRegression } from "./encode-results.js";
import type { AnswerInference } from "./inference.js";

export const answerClassify: AnswerInference = async (servable, body, patience) => {
  const request = decodeExamples(body);
  return encodeClassification(await classify(servable(), { ...request, ...patience }));
};

export const answerRegress: AnswerInference = async (servable, body, patience) => {
  const request = decodeExamples(body);
  return encodeRegression(await regress(servable(), { ...request, ...patience }));
};

/** Which TensorFlow Serving has over gRPC alone. */
export const answerMultiInference: AnswerInference = async (servable, body, patience) => {
  const { tasks, examples } = decodeMultiInference(body);
  return encodeMultiInference(await multiInference(servable(), tasks, { examples, ...patience }));
};
