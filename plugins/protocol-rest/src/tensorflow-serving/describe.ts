import { bodyOf, DEADLINES, type Json, pathParameter, responses } from "../http/openapi.js";
import type { InferenceVerb } from "./paths.js";

/** What may stand before a verb or `/metadata`. */
const TARGETS: readonly { readonly path: string; readonly id: string; readonly parameters: readonly Json[] }[] = [
  {
    path: "/v1/models/{model}",
    id: "",
    parameters: [pathParameter("model", "A model's name.")],
  },
  {
    path: "/v1/models/{model}/versions/{version}",
    id: "OfVersion",
    parameters: [
      pathParameter("model", "A model's name."),
      pathParameter("version", "A version's number, in decimal.", { pattern: "^[0-9]+$" }),
    ],
  },
  {
    path: "/v1/models/{model}/labels/{label}",
    id: "OfLabel",
    parameters: [pathParameter("model", "A model's name."), pathParameter("label", "A label of the model's.")],
  },
];

interface VerbDescription {
  readonly summary: string;
  readonly request: string;
  readonly answer: string;
}

const VERBS: Readonly<Record<InferenceVerb, VerbDescription>> = {
  predict: { summary: "Tensors in, tensors out.", request: "PredictRequest", answer: "PredictAnswer" },
  classify: { summary: "Classes for each example.", request: "ExampleRequest", answer: "ClassifyAnswer" },
  regress: { summary: "A value for each example.", request: "ExampleRequest", answer: "RegressAnswer" },
  multiInference: {
    summary: "Several signatures over the same examples.",
    request: "MultiInferenceRequest",
    answer: "MultiInferenceAnswer",
  },
};

/** TensorFlow Serving's paths, for the OpenAPI document. */
export function servingPaths(): Readonly<Record<string, Json>> {
  const paths: Record<string, Json> = {
    "/v1/models": { get: read("listModels", "Every model with its versions.", "ModelList") },
  };
  for (const { path, id, parameters } of TARGETS) {
    paths[path] = { parameters, get: read(`getStatus${id}`, "States of the versions.", "ModelStatus") };
    paths[`${path}/metadata`] = {
      parameters,
      get: read(`getMetadata${id}`, "Signatures of the version that would answer.", "ModelMetadata"),
    };
    for (const [verb, { summary, request, answer }] of Object.entries(VERBS)) {
      const post = {
        operationId: `${verb}${id}`,
        summary,
        parameters: DEADLINES,
        requestBody: bodyOf(request),
        responses: responses(answer),
      };
      paths[`${path}:${verb}`] = { parameters, post };
    }
  }
  return paths;
}

function read(operationId: string, summary: string, answer: string): Json {
  return { operationId, summary, responses: responses(answer) };
}
