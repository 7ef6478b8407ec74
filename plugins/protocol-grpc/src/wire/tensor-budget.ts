import { bytesPerElement, type DType, PlinthError } from "@plinth/core";

/** What a string takes in an array, in bytes, beside its own. */
const REFERENCE_BYTES = 8;

/**
 * How many bytes one request's tensors may take that are no views of its message: a few bytes may say that one value stands for all elements
 * of any shape, and a number takes up to eight times as much as its varint.
 */
export class TensorBudget {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws PlinthError `TENSOR_INVALID` where there is no room for so many elements. */
  take(dtype: DType, count: number): void {
    this.#bytes += count * (bytesPerElement(dtype) ?? REFERENCE_BYTES);
    if (this.#bytes <= this.#maxBytes) return;
    throw new PlinthError(
      "TENSOR_INVALID",
      `${count} values of ${dtype} are too many: the tensors of a request may take ${this.#maxBytes} bytes together (server.limits.maxRequestBytes)`,
    );
  }
}
