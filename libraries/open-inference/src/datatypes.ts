import { type DType, PlinthError } from "@plinth/core";

/** The protocol's names of element types; those of complex numbers are ours, for it has none. */
const DATATYPES: Readonly<Record<DType, string>> = {
  bool: "BOOL",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  float16: "FP16",
  bfloat16: "BF16",
  float32: "FP32",
  float64: "FP64",
  complex64: "COMPLEX64",
  complex128: "COMPLEX128",
  string: "BYTES",
};

const DTYPES: ReadonlyMap<string, DType> = new Map(
  Object.entries(DATATYPES)
    .filter(([, datatype]) => !datatype.startsWith("COMPLEX"))
    .map(([dtype, datatype]) => [datatype, dtype as DType]),
);

/** What the protocol calls a dtype. */
export function datatypeOf(dtype: DType): string {
  return DATATYPES[dtype];
}

/** The dtype of a datatype; `undefined` for a name that the protocol does not have. */
export function knownDtype(datatype: string): DType | undefined {
  return DTYPES.get(datatype);
}

/**
 * The dtype in which the input `name` is said to be.
 *
 * @throws PlinthError `REQUEST_INVALID` for a name that the protocol does not have
 */
export function dtypeOf(datatype: string, name: string): DType {
  const dtype = DTYPES.get(datatype);
  if (dtype !== undefined) return dtype;
  throw new PlinthError(
    "REQUEST_INVALID",
    `Input '${name}' has an unknown datatype ${JSON.stringify(datatype.slice(0, 64))}: expected one of ${[...DTYPES.keys()].join(", ")}`,
    { details: { input: name } },
  );
}
