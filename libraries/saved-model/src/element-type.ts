import { SavedModelError } from "./saved-model-error.js";

/** TensorFlow's `DataType` by number: numpy's names where numpy has one, TensorFlow's else. */
const ELEMENT_TYPES = [
  undefined,
  "float32",
  "float64",
  "int32",
  "uint8",
  "int16",
  "int8",
  "string",
  "complex64",
  "int64",
  "bool",
  "qint8",
  "quint8",
  "qint32",
  "bfloat16",
  "qint16",
  "quint16",
  "uint16",
  "complex128",
  "float16",
  "resource",
  "variant",
  "uint32",
  "uint64",
  "float8_e5m2",
  "float8_e4m3fn",
  "float8_e4m3fnuz",
  "float8_e4m3b11fnuz",
  "float8_e5m2fnuz",
  "int4",
  "uint4",
  "int2",
  "uint2",
  "float4_e2m1fn",
] as const;

/**
 * What the elements of a tensor are. `resource` is the handle of a variable or table, `variant` a list of tensors or the like; there
 * are no constants of either.
 */
export type ElementType = Exclude<(typeof ELEMENT_TYPES)[number], undefined>;

/** References to variables, as TensorFlow 1 has them, are 100 more than what they refer to. */
const REFERENCE = 100;

const WIDTHS: Readonly<Partial<Record<ElementType, number>>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  qint8: 1,
  quint8: 1,
  int4: 1,
  uint4: 1,
  int2: 1,
  uint2: 1,
  float4_e2m1fn: 1,
  float8_e5m2: 1,
  float8_e4m3fn: 1,
  float8_e4m3fnuz: 1,
  float8_e4m3b11fnuz: 1,
  float8_e5m2fnuz: 1,
  int16: 2,
  uint16: 2,
  qint16: 2,
  quint16: 2,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  uint32: 4,
  qint32: 4,
  float32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
  complex64: 8,
  complex128: 16,
};

/**
 * The type of a `DataType`; a reference to a variable counts as what it refers to.
 *
 * @throws SavedModelError `GRAPH_INVALID` where TensorFlow has none of this number
 */
export function elementTypeOf(dataType: number): ElementType {
  const type = ELEMENT_TYPES[dataType > REFERENCE ? dataType - REFERENCE : dataType];
  if (type === undefined) {
    throw new SavedModelError("GRAPH_INVALID", `Expected a DataType of TensorFlow, got ${dataType}`);
  }
  return type;
}

/** Bytes that one element takes; `undefined` for strings, resources and variants. */
export function elementBytes(type: ElementType): number | undefined {
  return WIDTHS[type];
}
