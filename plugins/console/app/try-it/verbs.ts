import type { Signature } from "../api/signatures.js";

/** What can be asked of a model, as it stands in the request's path. */
export type Verb = "predict" | "classify" | "regress" | "generate_stream";

export const VERB_NAMES: Readonly<Record<Verb, string>> = {
  predict: "Predict",
  classify: "Classify",
  regress: "Regress",
  generate_stream: "Generate",
};

/** What can be asked of a signature, the likeliest first. */
export function verbsOf({ method, streams }: Pick<Signature, "method" | "streams">): readonly Verb[] {
  if (streams === "only") return ["generate_stream"];
  if (streams === "also") return ["generate_stream", "predict"];
  if (method === "tensorflow/serving/classify") return ["classify", "predict"];
  if (method === "tensorflow/serving/regress") return ["regress", "predict"];
  return ["predict"];
}

/** Whether it takes examples, which have features, and no tensors. */
export function takesExamples(verb: Verb): boolean {
  return verb === "classify" || verb === "regress";
}
