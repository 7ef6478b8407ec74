import { createTensor, type DType, dataFromBytes, elementCount, PlinthError, type Tensor } from "@plinth/core";
import { datatypeOf, type InputForm } from "@plinth/open-inference";
import { readStringValues } from "../wire/string-values.js";
import type { TensorBudget } from "../wire/tensor-budget.js";
import { readVarints, type VarintDType } from "../wire/varint-values.js";
import { FIXED32, FIXED64, LENGTH_DELIMITED, tag, VARINT } from "../wire/wire-format.js";
import { WireReader } from "../wire/wire-reader.js";

/** In which field of an `InferTensorContents` elements stand, and what an unpacked one is on the wire. */
const FIELDS: { readonly [D in DType]?: readonly [field: number, wireType: number] } = {
  bool: [1, VARINT],
  int8: [2, VARINT],
  int16: [2, VARINT],
  int32: [2, VARINT],
  int64: [3, VARINT],
  uint8: [4, VARINT],
  uint16: [4, VARINT],
  uint32: [4, VARINT],
  uint64: [5, VARINT],
  float32: [6, FIXED32],
  float64: [7, FIXED64],
  string: [8, LENGTH_DELIMITED],
};

/**
 * A tensor out of an `InferTensorContents`: floats and strings are views of the message where their place in memory permits.
 *
 * @throws PlinthError `TENSOR_INVALID` where the elements are not as many as the shape says or out of their range; `REQUEST_INVALID` for
 * FP16 and BF16, which have no field
 */
export function readTypedContents(message: Buffer, { name, dtype, shape }: InputForm, budget: TensorBudget): Tensor {
  const [field, wireType] = FIELDS[dtype] ?? [];
  if (field === undefined || wireType === undefined) {
    throw new PlinthError(
      "REQUEST_INVALID",
      `Input '${name}' of ${datatypeOf(dtype)} has no field in contents: send it in raw_input_contents`,
    );
  }
  const data =
    dtype === "string"
      ? readStringValues(message, field)
      : elementsOf(dtype, gathered(message, field, wireType), budget);
  const expected = elementCount(shape);
  if (data.length === expected) return createTensor(dtype, shape, data) as Tensor;
  throw new PlinthError(
    "TENSOR_INVALID",
    `unexpected number of elements in contents for input '${name}': expected ${expected} for its shape, got ${data.length}`,
    { details: { input: name } },
  );
}

function elementsOf(dtype: Exclude<DType, "string">, bytes: Buffer, budget: TensorBudget): Tensor["data"] {
  if (dtype !== "float32" && dtype !== "float64") return readVarints(dtype as VarintDType, bytes, budget);
  const elementBytes = dtype === "float32" ? 4 : 8;
  if (bytes.length % elementBytes === 0) return dataFromBytes(dtype, bytes);
  throw new PlinthError(
    "TENSOR_INVALID",
    `${bytes.length} bytes are no whole number of values of ${elementBytes} bytes`,
  );
}

/** The elements of a field as in one packed run: a view where they came in one. */
function gathered(message: Buffer, field: number, wireType: number): Buffer {
  const runs: Buffer[] = [];
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.tag === tag(field, LENGTH_DELIMITED)) runs.push(reader.bytes());
    else if (reader.tag === tag(field, wireType)) runs.push(reader.skipped());
    else reader.skip();
  }
  const [only] = runs;
  return only !== undefined && runs.length === 1 ? only : Buffer.concat(runs);
}
