/**
 * Element types of tensors, by numpy's names, and the JavaScript array that holds the elements of each.
 *
 * All arrays are over the machine's memory order, which is little-endian on every platform that Plinth runs on.
 *
 * - `bool` is 0 or 1 in a `Uint8Array`.
 * - `float16` and `bfloat16` are their raw 16 bits in a `Uint16Array`.
 * - `complex64` and `complex128` are real and imaginary parts in turn: two array elements for one tensor element.
 * - `string` is an array of byte strings (`Uint8Array`), never of JavaScript strings: models hold bytes that need not be UTF-8.
 */
export interface DTypeData {
  readonly bool: Uint8Array;
  readonly int8: Int8Array;
  readonly int16: Int16Array;
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
  readonly uint8: Uint8Array;
  readonly uint16: Uint16Array;
  readonly uint32: Uint32Array;
  readonly uint64: BigUint64Array;
  readonly float16: Uint16Array;
  readonly bfloat16: Uint16Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly complex64: Float32Array;
  readonly complex128: Float64Array;
  readonly string: readonly Uint8Array[];
}

/** The name of an element type, as numpy spells it. */
export type DType = keyof DTypeData;

/** What a fixed-size element type looks like in memory. */
interface DTypeLayout {
  readonly array: NumericArrayConstructor;
  /** Array elements for one tensor element: 2 for complex numbers, else 1. */
  readonly parts: 1 | 2;
}

type NumericArrayConstructor =
  | Int8ArrayConstructor
  | Int16ArrayConstructor
  | Int32ArrayConstructor
  | BigInt64ArrayConstructor
  | Uint8ArrayConstructor
  | Uint16ArrayConstructor
  | Uint32ArrayConstructor
  | BigUint64ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor;

const LAYOUTS: Readonly<Record<Exclude<DType, "string">, DTypeLayout>> = {
  bool: { array: Uint8Array, parts: 1 },
  int8: { array: Int8Array, parts: 1 },
  int16: { array: Int16Array, parts: 1 },
  int32: { array: Int32Array, parts: 1 },
  int64: { array: BigInt64Array, parts: 1 },
  uint8: { array: Uint8Array, parts: 1 },
  uint16: { array: Uint16Array, parts: 1 },
  uint32: { array: Uint32Array, parts: 1 },
  uint64: { array: BigUint64Array, parts: 1 },
  float16: { array: Uint16Array, parts: 1 },
  bfloat16: { array: Uint16Array, parts: 1 },
  float32: { array: Float32Array, parts: 1 },
  float64: { array: Float64Array, parts: 1 },
  complex64: { array: Float32Array, parts: 2 },
  complex128: { array: Float64Array, parts: 2 },
};

/** Every dtype, in the order of {@link DTypeData}. */
export const DTYPES: readonly DType[] = [...(Object.keys(LAYOUTS) as DType[]), "string"];

/** Bytes that one element takes, or `undefined` for `string`, whose elements differ in length. */
export function bytesPerElement(dtype: DType): number | undefined {
  if (dtype === "string") return undefined;
  const { array, parts } = LAYOUTS[dtype];
  return array.BYTES_PER_ELEMENT * parts;
}

/**
 * The array that a tensor of `count` elements needs, filled with zeros (`string`: with empty byte strings).
 *
 * @throws RangeError where the runtime cannot allocate that much; callers bound `count` first.
 */
export function allocateData<D extends DType>(dtype: D, count: number): DTypeData[D] {
  return zeros(dtype, count) as DTypeData[D];
}

/**
 * The array of a fixed-size element type over memory that is already there.
 *
 * @throws RangeError where `byteOffset` is no multiple of what an array element takes, or the memory is too short.
 */
export function viewData<D extends Exclude<DType, "string">>(
  dtype: D,
  buffer: ArrayBuffer,
  byteOffset: number,
  length: number,
): DTypeData[D] {
  return new LAYOUTS[dtype].array(buffer, byteOffset, length) as DTypeData[D];
}

/**
 * The array of a fixed-size element type with the elements that these bytes are, little-endian: a view of them where their place in memory
 * permits, else a copy.
 *
 * @throws RangeError where the bytes are no whole number of array elements.
 */
export function dataFromBytes<D extends Exclude<DType, "string">>(dtype: D, bytes: Uint8Array): DTypeData[D] {
  const { array } = LAYOUTS[dtype];
  const isAligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset } = isAligned ? bytes : new Uint8Array(bytes);
  return new array(buffer as ArrayBuffer, byteOffset, bytes.length / array.BYTES_PER_ELEMENT) as DTypeData[D];
}

/** Whether `data` is the kind of array that `dtype` is kept in. */
export function holdsDType(dtype: DType, data: unknown): boolean {
  if (dtype === "string") return Array.isArray(data);
  return data instanceof LAYOUTS[dtype].array;
}

/** Array elements that one tensor element takes: 2 for complex numbers, else 1. */
export function partsPerElement(dtype: DType): 1 | 2 {
  return dtype === "string" ? 1 : LAYOUTS[dtype].parts;
}

function zeros(dtype: DType, count: number): DTypeData[DType] {
  if (dtype === "string") return new Array<Uint8Array>(count).fill(EMPTY_BYTES);
  const { array, parts } = LAYOUTS[dtype];
  return new array(count * parts);
}

const EMPTY_BYTES = new Uint8Array(0);
