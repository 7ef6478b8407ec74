import {
  createTensor,
  type DType,
  type DTypeData,
  type InferCall,
  type NamedTensors,
  PlinthError,
  PREDICT_METHOD,
  type ServableHandle,
  type Signature,
  type Tensor,
  type TensorSpec,
} from "@plinth/core";

export function signature(
  inputs: Readonly<Record<string, TensorSpec>>,
  outputs: Readonly<Record<string, TensorSpec>>,
  { method = PREDICT_METHOD, shapes = "binding" }: Partial<Pick<Signature, "method" | "shapes">> = {},
): Signature {
  return { inputs: new Map(Object.entries(inputs)), outputs: new Map(Object.entries(outputs)), method, shapes };
}

export function tensor<D extends DType>(dtype: D, shape: readonly number[], data: DTypeData[D]): Tensor {
  return createTensor(dtype, shape, data) as Tensor;
}

export const floats = (shape: readonly number[], ...values: number[]): Tensor =>
  tensor("float32", shape, new Float32Array(values));

export const strings = (shape: readonly number[], ...texts: string[]): Tensor =>
  tensor(
    "string",
    shape,
    texts.map((text) => new Uint8Array(Buffer.from(text))),
  );

/** A version that answers what it is told to and keeps what it was called with. */
export class FakeServable implements ServableHandle {
  readonly model = "m";
  readonly version = 1n;
  readonly backend = "fake";
  readonly calls: InferCall[] = [];

  constructor(
    readonly signatures: ReadonlyMap<string, Signature>,
    readonly answer: (call: InferCall) => NamedTensors | Promise<NamedTensors>,
  ) {}

  signature(name = "serving_default"): Signature {
    const found = this.signatures.get(name);
    if (found === undefined)
      throw new PlinthError("SIGNATURE_NOT_FOUND", `Model m version 1 has no signature "${name}"`);
    return found;
  }

  admit(): void {}

  async infer(call: InferCall) {
    this.calls.push(call);
    const outputs = await this.answer(call);
    return { outputs, model: "m", version: 1n, signature: call.signature ?? "", timings: { queueMs: 0, computeMs: 0 } };
  }

  async *stream(call: InferCall) {
    yield await this.infer(call);
  }

  [Symbol.dispose](): void {}
}
