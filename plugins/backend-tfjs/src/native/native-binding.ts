/** TensorFlow's `DataType` by number, of the elements that tensors of Plinth have. */
export const NATIVE_TYPES = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  int16: 5,
  int8: 6,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  uint16: 17,
  complex128: 18,
  float16: 19,
  uint32: 22,
  uint64: 23,
} as const;

/** A tensor of TensorFlow's, which somebody has to delete. */
export interface NativeTensorInfo {
  readonly id: number;
  readonly dtype: number;
  readonly shape: readonly number[];
}

export interface NativeAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What is used of the native part of @tensorflow/tfjs-node 4.22. */
export interface NativeBinding {
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_BOOL: number;
  /** Takes float32, int32, int64 (two int32 each), uint8, bool, and strings as byte arrays. May keep the array until it is deleted. */
  createTensor(shape: readonly number[], dtype: number, values: unknown): number;
  deleteTensor(id: number): void;
  /** Gives float32, int32, int64 (as BigInt64Array), bool, and strings as byte arrays: a copy. */
  tensorDataSync(id: number): unknown;
  executeOp(
    name: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): NativeTensorInfo[];
  /** @param tags with commas between */
  loadSavedModel(directory: string, tags: string): number;
  deleteSavedModel(session: number): void;
  /** Names are `node:n`, with commas between. */
  runSavedModel(
    session: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): NativeTensorInfo[];
}
