import { type InferCall, type ModelServer, type ModelTarget, PlinthError, type ServableHandle } from "@plinth/core";
import { decodePredict } from "./decode.js";
import { encodePredict } from "./encode.js";
import type { InferenceVerb } from "./paths.js";

/**
 * Answers the body of one inference request with the body of its answer.
 *
 * What is wrong is told in TensorFlow Serving's order: the document's syntax, then model, version and label, then signature,
 * then tensors. An overloaded model refuses before all of that is looked at.
 *
 * @throws PlinthError
 */
export async function answerInference(
  server: ModelServer,
  verb: InferenceVerb,
  target: ModelTarget,
  body: Uint8Array,
  { deadlineMs, signal, origin }: Pick<InferCall, "deadlineMs" | "signal" | "origin">,
): Promise<Buffer> {
  if (verb !== "predict") {
    throw new PlinthError("NOT_IMPLEMENTED", `:${verb} is not offered; use :predict, which serves every signature`);
  }
  const acquired = await acquire(server, target);
  if (acquired instanceof PlinthError) {
    decodePredict(body, () => {
      throw acquired;
    });
    throw acquired;
  }
  try {
    acquired.admit();
    const { signature, inputs, format } = decodePredict(body, (name) => acquired.signature(name));
    const { outputs } = await acquired.infer({ signature, inputs, deadlineMs, signal, origin });
    return encodePredict(outputs, format);
  } catch (thrown) {
    const error = PlinthError.from(thrown);
    server.refused({ model: target.model, version: acquired.version, origin: target.origin }, error);
    throw error;
  } finally {
    acquired[Symbol.dispose]();
  }
}

/** The handle, or why there is none: that is told only once the document has proved to be well-formed. */
async function acquire(server: ModelServer, target: ModelTarget): Promise<ServableHandle | PlinthError> {
  try {
    return await server.acquire(target);
  } catch (thrown) {
    return PlinthError.from(thrown);
  }
}
