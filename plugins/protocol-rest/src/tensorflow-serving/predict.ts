import { decodePredict } from "./decode.js";
import { encodePredict } from "./encode.js";
import type { AnswerInference } from "./inference.js";

export const answerPredict: AnswerInference = async (servable, body, patience) => {
  const { signature, inputs, format } = decodePredict(body, (name) => servable().signature(name));
  const { outputs } = await servable().infer({ signature, inputs, ...patience });
  return encodePredict(outputs, format);
};
