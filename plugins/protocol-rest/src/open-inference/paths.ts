import { modelTarget } from "@plinth/open-inference";
import type { InferencePath } from "../http/inference-handler.js";

export type InferenceVerb = "infer" | "generate" | "generate_stream";

/** A path that asks for inference. */
export interface OpenInferencePath extends InferencePath {
  readonly verb: InferenceVerb;
}

const PREFIX = "/v2/models/";
const INFERENCE = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?\/(infer|generate|generate_stream)$/;

/**
 * Reads a path, which is without its query; `undefined` where it asks for no inference.
 *
 * @throws URIError, PlinthError where a name or version cannot be read
 */
export function parseInferencePath(pathname: string): OpenInferencePath | undefined {
  if (!pathname.startsWith(PREFIX)) return undefined;
  const [, model, version, verb] = INFERENCE.exec(pathname) ?? [];
  if (model === undefined) return undefined;
  const target = modelTarget(decodeURIComponent(model), version && decodeURIComponent(version));
  return { verb: verb as InferenceVerb, target };
}
