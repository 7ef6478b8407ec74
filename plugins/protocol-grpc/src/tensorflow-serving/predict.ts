import { answerInference } from "../calls/answer-inference.js";
import type { UnaryMethod } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { checkInputTypes } from "./check-predict.js";
import { readPredict, readPredictTarget } from "./decode.js";
import { encodePredict } from "./encode.js";
import { PREDICT_CODES } from "./errors.js";

/**
 * `Predict`. What is wrong is told in TensorFlow Serving's order: the model, its version and label, then the signature, then the names of
 * inputs and outputs, then tensors.
 */
export function predictMethod({ server, limits, options }: Surroundings): UnaryMethod {
  return {
    kind: "unary",
    codes: PREDICT_CODES,
    answer: (request, caller) =>
      answerInference(server, caller, {
        method: "predict",
        read: () => readPredictTarget(request),
        answer: async (handle, { signature }, call) => {
          const spec = handle.signature(signature);
          const { inputs, outputs } = readPredict(request, spec, limits.maxRequestBytes);
          checkInputTypes(spec, inputs);
          return encodePredict(await handle.infer({ signature, inputs, outputs, ...call }), options.replies);
        },
      }),
  };
}
