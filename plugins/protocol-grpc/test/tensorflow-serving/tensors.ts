import { DTYPES, type DType, type Tensor } from "@plinth/core";
import { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import { readTensor } from "../../src/tensorflow-serving/tensor-proto.js";
import { TensorBudget } from "../../src/wire/tensor-budget.js";

const MAX_BYTES = 1 << 20;

/** A `TensorProto` of these fields, as ts-proto writes it. */
export function proto(fields: Parameters<typeof TensorProto.fromPartial>[0]): Buffer {
  return Buffer.from(TensorProto.encode(TensorProto.fromPartial(fields)).finish());
}

export function dims(...sizes: readonly (number | bigint)[]): { readonly dim: { readonly size: bigint }[] } {
  return { dim: sizes.map((size) => ({ size: BigInt(size) })) };
}

export function read(message: Uint8Array): Tensor {
  return readTensor(Buffer.from(message), new TensorBudget(MAX_BYTES));
}

/** Three elements of each type, those at the ends of its range among them. */
export const SAMPLES: ReadonlyMap<DType, Tensor> = new Map(
  DTYPES.map((dtype) => [dtype, { dtype, shape: [3], data: dataOf(dtype) } as Tensor]),
);

function dataOf(dtype: DType): Tensor["data"] {
  switch (dtype) {
    case "bool":
      return Uint8Array.of(1, 0, 1);
    case "int8":
      return Int8Array.of(-128, 0, 127);
    case "int16":
      return Int16Array.of(-32_768, 300, 32_767);
    case "int32":
      return Int32Array.of(-(2 ** 31), -1, 2 ** 31 - 1);
    case "int64":
      return BigInt64Array.of(-(2n ** 63n), -1n, 2n ** 63n - 1n);
    case "uint8":
      return Uint8Array.of(0, 127, 255);
    case "uint16":
    case "float16":
    case "bfloat16":
      return Uint16Array.of(0, 0x3c00, 65_535);
    case "uint32":
      return Uint32Array.of(0, 2 ** 28, 2 ** 32 - 1);
    case "uint64":
      return BigUint64Array.of(0n, 2n ** 35n, 2n ** 64n - 1n);
    case "float32":
      return Float32Array.of(-1.5, Number.NaN, Number.POSITIVE_INFINITY);
    case "float64":
      return Float64Array.of(-0, 1e308, 5e-324);
    case "complex64":
      return Float32Array.of(1, 2, 3, 4, 5, 6);
    case "complex128":
      return Float64Array.of(1, 2, 3, 4, 5, 6);
    case "string":
      return [Uint8Array.of(0xff, 0), new Uint8Array(0), Buffer.from("grün")];
  }
}
