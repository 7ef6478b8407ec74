import type { RequestSample, Sampling } from "../extension-points/monitor.js";
import type { NamedTensors } from "../model/tensor.js";

/** What at least one of several wants; `undefined` where nobody wants any. */
export function jointSampling(all: readonly Sampling[]): Sampling | undefined {
  if (all.length === 0) return undefined;
  const names = new Set(all.flatMap(({ models }) => [...models.keys()]));
  const most = (model: string) => Math.max(...all.map(({ models, share }) => models.get(model) ?? share));
  return {
    share: Math.max(...all.map(({ share }) => share)),
    models: new Map([...names].map((model) => [model, most(model)])),
    failed: all.some(({ failed }) => failed),
    maxBytes: Math.max(...all.map(({ maxBytes }) => maxBytes)),
  };
}

/** Decides which requests go to the monitors with their tensors. */
export class Sampler {
  readonly #sampling: Sampling;

  constructor(sampling: Sampling) {
    this.#sampling = sampling;
  }

  sampleOf(model: string, inputs: NamedTensors, outputs: NamedTensors): RequestSample | undefined {
    const { share, models, maxBytes } = this.#sampling;
    const modelShare = models.get(model) ?? share;
    if (modelShare <= 0) return undefined;
    const drawn = Math.random();
    if (drawn >= modelShare || bytesOf(inputs) + bytesOf(outputs) > maxBytes) return undefined;
    return { drawn, inputs, outputs };
  }

  sampleOfFailed(inputs: NamedTensors): RequestSample | undefined {
    const { failed, maxBytes } = this.#sampling;
    return failed && bytesOf(inputs) <= maxBytes ? { drawn: 0, inputs, outputs: undefined } : undefined;
  }
}

function bytesOf(tensors: NamedTensors): number {
  let bytes = 0;
  for (const { dtype, data } of tensors.values()) {
    bytes += dtype === "string" ? data.reduce((sum, { length }) => sum + length, 0) : data.byteLength;
  }
  return bytes;
}
