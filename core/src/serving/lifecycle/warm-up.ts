import type { LoadedModel } from "../../extension-points/backend.js";
import { allocateData } from "../../model/dtype.js";
import type { Signature, TensorSpec } from "../../model/signature.js";
import { elementCount, type NamedTensors, type Tensor } from "../../model/tensor.js";

/** Largest input that is made up for a warm-up, in elements. */
const MAX_ELEMENTS = 1 << 24;

/**
 * Runs every signature once, so that the first client does not pay for what a backend does on first use: with the model's own
 * records where the backend knows of some, else on zeros. A model that does not take zeros is not a broken model, so that only
 * a failure of its own records fails the warm-up.
 *
 * @returns why zeros were not taken, for the log.
 */
export async function warmUp(loaded: LoadedModel, signal: AbortSignal): Promise<readonly unknown[]> {
  if (loaded.warmUp !== undefined) {
    await loaded.warmUp({ signal });
    return [];
  }
  const refusals: unknown[] = [];
  for (const [name, signature] of loaded.signatures) {
    const inputs = zeroInputs(signature);
    if (inputs === undefined || signature.outputs.size === 0) continue;
    try {
      await loaded.run({ signature: name, inputs, outputs: [...signature.outputs.keys()], signal });
    } catch (error) {
      signal.throwIfAborted();
      refusals.push(error);
    }
  }
  return refusals;
}

/** Inputs of zeros with every open dimension at 1; `undefined` where a rank is unknown or an input would be too large. */
function zeroInputs(signature: Signature): NamedTensors | undefined {
  const inputs = new Map<string, Tensor>();
  for (const [name, spec] of signature.inputs) {
    const tensor = zeros(spec);
    if (tensor === undefined) return undefined;
    inputs.set(name, tensor);
  }
  return inputs;
}

function zeros({ dtype, shape }: TensorSpec): Tensor | undefined {
  if (shape === undefined) return undefined;
  const concrete = shape.map((dimension) => (dimension === -1 ? 1 : dimension));
  const count = elementCount(concrete);
  if (count > MAX_ELEMENTS) return undefined;
  return { dtype, shape: concrete, data: allocateData(dtype, count) } as Tensor;
}
