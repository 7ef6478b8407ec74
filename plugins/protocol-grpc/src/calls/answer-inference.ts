import {
  type InferCall,
  type ModelServer,
  type ModelTarget,
  PlinthError,
  type RequestOrigin,
  type ServableHandle,
} from "@plinth/core";
import type { Caller } from "./caller.js";

/** Which model is asked for, as a dialect's request says it. */
type Asked = Pick<ModelTarget, "model" | "version" | "label">;

/** What an inference is, beside its inputs and outputs. */
export type CallOptions = Pick<InferCall, "deadlineMs" | "signal" | "origin" | "priority">;

/** The parts of answering one inference that differ between dialects and methods. */
export interface InferenceSteps<Request extends Asked> {
  /** For monitors, as `predict`. */
  readonly method: string;
  /** Reads what is asked, and of what is sent only so much that an overloaded model's refusal costs little. */
  readonly read: () => Request;
  /** Reads the rest, has the version run, and gives back the answer as bytes. */
  readonly answer: (handle: ServableHandle, asked: Request, options: CallOptions) => Promise<Uint8Array>;
}

/**
 * Has the version that is asked for answer, unless it has too much to do already. Statistics and monitors hear of it, however it ends.
 *
 * @throws PlinthError what any of the steps throws, and as `ModelServer.acquire` and `ServableHandle.admit`
 */
export async function answerInference<Request extends Asked>(
  server: ModelServer,
  caller: Caller,
  { method, read, answer }: InferenceSteps<Request>,
): Promise<Uint8Array> {
  const origin = caller.origin(method);
  let refused: ModelTarget = { model: "", origin };
  try {
    const asked = read();
    const target = targetOf(asked, caller, origin);
    refused = target;
    const overload = server.overload(target);
    if (overload !== undefined) throw overload;
    using handle = await server.acquire(target);
    refused = { model: handle.model, version: handle.version, origin };
    handle.admit();
    const { deadlineMs, signal, priority } = caller;
    return await answer(handle, asked, { deadlineMs, signal, origin, priority });
  } catch (thrown) {
    const error = PlinthError.from(thrown);
    server.refused(refused, error);
    throw error;
  }
}

function targetOf({ model, version, label }: Asked, caller: Caller, origin: RequestOrigin): ModelTarget {
  const { header, deadlineMs, signal } = caller;
  return { model, version, label, header, deadlineMs, signal, origin };
}
