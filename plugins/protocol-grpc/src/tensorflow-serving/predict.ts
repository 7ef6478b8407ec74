import type { Caller } from "../calls/caller.js";
import type { UnaryMethod } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { checkInputTypes } from "./check-predict.js";
import { readPredict, readPredictTarget } from "./decode.js";
import { encodePredict } from "./encode.js";
import { PREDICT_CODES } from "./errors.js";

/**
 * `Predict`. What is wrong is told in TensorFlow Serving's order: the model, its version and label, then the signature, then its inputs' and
 * outputs' names, then tensors. An overloaded model refuses before all of that but the message's outline is looked at.
 */
export function predictMethod({ server, limits, options }: Surroundings): UnaryMethod {
  const answer = async (request: Buffer, caller: Caller): Promise<Uint8Array> => {
    const { model, version, label, signature: named } = readPredictTarget(request);
    const { deadlineMs, signal, header, origin } = caller;
    const target = { model, version, label, header, deadlineMs, signal };
    const overload = server.overload(target);
    if (overload !== undefined) throw overload;
    using handle = await server.acquire(target);
    handle.admit();
    const signature = named === "" ? undefined : named;
    const spec = handle.signature(signature);
    const { inputs, outputs } = readPredict(request, spec, limits.maxRequestBytes);
    checkInputTypes(spec, inputs);
    const result = await handle.infer({ signature, inputs, outputs, deadlineMs, signal, origin });
    return encodePredict(result, options.replies);
  };
  return { kind: "unary", answer, codes: PREDICT_CODES };
}
