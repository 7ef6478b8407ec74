import { errorAnswer } from "../http/error-answer.js";
import type { InferenceDialect } from "../http/inference-handler.js";
import { JSON_TYPE } from "../http/send.js";
import { answerInference } from "./inference.js";
import { parseServingPath, type ServingPath } from "./paths.js";

type ServingInference = Extract<ServingPath, { kind: "inference" }>;

/** `POST /v1/models/<name>[…]:<verb>`. */
export const servingDialect: InferenceDialect<ServingInference> = {
  recognize(pathname) {
    if (!pathname.includes(":", pathname.lastIndexOf("/"))) return undefined;
    try {
      const path = parseServingPath(pathname);
      return path?.kind === "inference" ? path : undefined;
    } catch {
      return undefined;
    }
  },
  tensorsAt: () => 0,
  answer: async ({ verb }, { server, target, body, deadlineMs, signal, priority }) => ({
    status: 200,
    chunks: [await answerInference(server, verb, target, body, { deadlineMs, signal, priority })],
    headers: JSON_TYPE,
  }),
  refuse: (_path, error) => errorAnswer(error),
};
