import { type DTypeData, elementCount, PlinthError, type Tensor } from "@plinth/core";
import type { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import { constantToTensor } from "../tensors/constant-to-tensor.js";

type NumericDType = Exclude<Tensor["dtype"], "string" | "complex64" | "complex128">;

/** TensorFlow's data types by number. */
const DTYPES: ReadonlyMap<number, Tensor["dtype"]> = new Map([
  [1, "float32"],
  [2, "float64"],
  [3, "int32"],
  [4, "uint8"],
  [5, "int16"],
  [6, "int8"],
  [7, "string"],
  [9, "int64"],
  [10, "bool"],
  [14, "bfloat16"],
  [17, "uint16"],
  [19, "float16"],
  [22, "uint32"],
  [23, "uint64"],
]);

const ARRAYS: { readonly [D in NumericDType]: new (values: never) => DTypeData[D] } = {
  bool: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** Largest tensor of a record, in elements. */
const MAX_ELEMENTS = 2 ** 28;

/**
 * A tensor as requests have it: its bytes, or a list of values of which the last one stands for all that follow.
 *
 * @throws PlinthError `MODEL_FILE_INVALID`
 */
export function tensorFromProto(name: string, proto: TensorProto): Tensor {
  const dtype = DTYPES.get(proto.dtype);
  const shape = (proto.tensorShape?.dim ?? []).map(({ size }) => Number(size));
  const count = elementCount(shape);
  if (dtype === undefined || shape.some((length) => length < 0) || count > MAX_ELEMENTS) {
    throw invalid(name, `it has the data type ${proto.dtype} and the shape [${shape}]`);
  }
  if (dtype === "string") return { dtype, shape, data: filled(name, proto.stringVal, count) };
  const numeric = dtype as NumericDType;
  if (proto.tensorContent.length > 0) {
    const tensor = constantToTensor({ dtype: numeric, shape, bytes: proto.tensorContent });
    if (tensor.data.length === count) return tensor;
    throw invalid(name, `it has ${proto.tensorContent.length} bytes for the shape [${shape}]`);
  }
  const values = filled<number | bigint | boolean>(name, valuesOf(proto, numeric), count);
  const data = new ARRAYS[numeric](
    values.map((value) => (typeof value === "boolean" ? Number(value) : value)) as never,
  );
  return { dtype, shape, data } as Tensor;
}

function valuesOf(proto: TensorProto, dtype: NumericDType): readonly (number | bigint | boolean)[] {
  switch (dtype) {
    case "float32":
      return proto.floatVal;
    case "float64":
      return proto.doubleVal;
    case "int64":
      return proto.int64Val;
    case "uint64":
      return proto.uint64Val;
    case "uint32":
      return proto.uint32Val;
    case "bool":
      return proto.boolVal;
    case "float16":
    case "bfloat16":
      return proto.halfVal;
    default:
      return proto.intVal;
  }
}

function filled<T>(name: string, values: readonly T[], count: number): readonly T[] {
  if (values.length === count) return values;
  const last = values.at(-1);
  if (last === undefined || values.length > count)
    throw invalid(name, `it has ${values.length} values for ${count} elements`);
  return [...values, ...new Array<T>(count - values.length).fill(last)];
}

function invalid(name: string, what: string): PlinthError {
  return new PlinthError(
    "MODEL_FILE_INVALID",
    `The input ${JSON.stringify(name)} of a warm-up record is no tensor: ${what}`,
  );
}
