import type { DType, Tensor } from "@plinth/core";
import type { Parameters } from "./parameters.js";

/** A request for inference, read from whatever it came in. */
export interface InferenceRequest {
  /** What the client calls it; comes back with the answer. */
  readonly id: string | undefined;
  readonly parameters: Parameters;
  /** In the order of the request. */
  readonly inputs: readonly NamedTensor[];
  /** Empty: all. */
  readonly outputs: readonly RequestedOutput[];
}

/** One input or output. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

export interface RequestedOutput {
  readonly name: string;
  readonly parameters: Parameters;
}

/** What a request says of an input ahead of its elements. */
export interface InputForm {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}
