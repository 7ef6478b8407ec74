import { type DType, PlinthError, type Signature, type Tensor } from "@plinth/core";
import { expect } from "vitest";
import { decodePredict, type PredictRequest } from "../../src/tensorflow-serving/decode.js";

/** The inputs of a signature, of any shape. */
export type Inputs = Readonly<Record<string, DType>>;

export function signature(inputs: Inputs): Signature {
  const specs = Object.entries(inputs).map(([name, dtype]) => [name, { dtype, shape: undefined }] as const);
  return { inputs: new Map(specs), outputs: new Map(), method: "tensorflow/serving/predict", shapes: "advisory" };
}

export function decode(inputs: Inputs, body: string | Uint8Array): PredictRequest {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return decodePredict(bytes, () => signature(inputs));
}

export function failure(inputs: Inputs, body: string | Uint8Array): PlinthError {
  try {
    decode(inputs, body);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(PlinthError);
    return thrown as PlinthError;
  }
  throw new Error("expected an error");
}

/** Elements as plain values, strings decoded. */
export function elements({ dtype, data }: Tensor): unknown[] {
  return dtype === "string" ? data.map((bytes) => Buffer.from(bytes).toString()) : Array.from<unknown>(data);
}

export function tensors(
  request: PredictRequest,
): Record<string, { dtype: DType; shape: readonly number[]; data: unknown[] }> {
  const entries = [...request.inputs].map(([name, tensor]) => {
    return [name, { dtype: tensor.dtype, shape: tensor.shape, data: elements(tensor) }] as const;
  });
  return Object.fromEntries(entries);
}

/** As deep as nobody can look with a stack. */
export function deep(open: string, close: string): string {
  return open.repeat(500_000) + close.repeat(500_000);
}
