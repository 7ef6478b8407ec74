import type { LoadedModel } from "../../extension-points/backend.js";
import { allocateData } from "../../model/dtype.js";
import { PlinthError } from "../../model/errors.js";
import type { Signature, TensorSpec } from "../../model/signature.js";
import { elementCount, type NamedTensors, type Tensor } from "../../model/tensor.js";

/** What a warm-up has shown of a model. */
export interface WarmUpReport {
  /**
   * The slowest signature's fastest run on zeros with every open dimension at 1, in milliseconds: what else the machine does only adds to
   * it. `undefined` where none took zeros.
   */
  readonly runMs: number | undefined;
  /** Why signatures did not take zeros, for the log. */
  readonly refusals: readonly string[];
}

/** Largest input that is made up for a warm-up, in elements. */
const MAX_ELEMENTS = 1 << 24;

/** Runs of a signature that are measured, after a first one. */
const MEASURED_RUNS = 20;

/** Longest that these may take together, in milliseconds; one of them is made in any case. */
const MEASURING_MS = 20;

/**
 * Runs every signature that leaves the model as it is and does not only stream, so that the first client does not pay for what a backend does on first use: with the model's own records
 * where the backend knows of some, and on zeros. A model that does not take zeros is not a broken model, so that only a failure of
 * its own records fails the warm-up.
 */
export async function warmUp(loaded: LoadedModel, signal: AbortSignal): Promise<WarmUpReport> {
  await loaded.warmUp?.({ signal });
  const runs: number[] = [];
  const refusals: string[] = [];
  for (const [name, signature] of loaded.signatures) {
    if (signature.changesState === true || signature.streams === "only") continue;
    const inputs = zeroInputs(signature);
    if (inputs === undefined || signature.outputs.size === 0) continue;
    try {
      runs.push(await measureRun(loaded, name, inputs, signal));
    } catch (error) {
      signal.throwIfAborted();
      refusals.push(`${name}: ${PlinthError.from(error).message}`);
    }
  }
  return { runMs: runs.length === 0 ? undefined : Math.max(...runs), refusals };
}

async function measureRun(
  loaded: LoadedModel,
  signature: string,
  inputs: NamedTensors,
  signal: AbortSignal,
): Promise<number> {
  const outputs = [...(loaded.signatures.get(signature)?.outputs.keys() ?? [])];
  const run = async () => {
    signal.throwIfAborted();
    const beganAtMs = performance.now();
    await loaded.run({ signature, inputs, outputs, signal });
    return performance.now() - beganAtMs;
  };
  await run();
  let fastestMs = Number.POSITIVE_INFINITY;
  let spentMs = 0;
  for (let runs = 0; runs < MEASURED_RUNS && spentMs < MEASURING_MS; runs++) {
    const timeMs = await run();
    fastestMs = Math.min(fastestMs, timeMs);
    spentMs += timeMs;
  }
  return fastestMs;
}

/** Defaults, and zeros with every open dimension at 1 for inputs that have none; `undefined` where a rank is unknown or an input would be too large. */
function zeroInputs(signature: Signature): NamedTensors | undefined {
  const inputs = new Map<string, Tensor>();
  for (const [name, spec] of signature.inputs) {
    const tensor = spec.default ?? zeros(spec);
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
