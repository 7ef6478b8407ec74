import type { InferenceSession } from "onnxruntime-common";
import { ONNX_DTYPES } from "../dtypes.js";
import type { Feeds, Fetches, OpenSession, Results, RuntimePort, RuntimeSession } from "./runtime-session.js";

/** onnxruntime-node's documented API: what is left if its inside has changed. */
export function publicSessions(factory: typeof InferenceSession): OpenSession {
  // The two signatures of `create` differ in the type of their first argument only.
  return async (model, options) => new PublicSession(await factory.create(model as string, options));
}

class PublicSession implements RuntimeSession {
  readonly inputs: readonly RuntimePort[];
  readonly outputs: readonly RuntimePort[];
  readonly #session: InferenceSession;

  constructor(session: InferenceSession) {
    this.#session = session;
    this.inputs = session.inputMetadata.map(toPort);
    this.outputs = session.outputMetadata.map(toPort);
  }

  async run(feeds: Feeds, fetches: Fetches): Promise<Results> {
    const results = await this.#session.run(feeds as unknown as InferenceSession.FeedsType, Object.keys(fetches));
    return results as unknown as Results;
  }

  dispose(): Promise<void> {
    return this.#session.release();
  }
}

function toPort(metadata: InferenceSession.ValueMetadata): RuntimePort {
  const { name } = metadata;
  if (!metadata.isTensor) return { name, dtype: undefined, dimensions: [] };
  return {
    name,
    dtype: ONNX_DTYPES.find((dtype) => dtype === metadata.type),
    dimensions: metadata.shape.map((dimension) => (typeof dimension === "number" ? dimension : -1)),
  };
}
