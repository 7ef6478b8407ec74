import type { Tensor } from "@plinth/core";
import { FIXED32, FIXED64 } from "../wire/wire-format.js";
import { lengthDelimitedBytes, varintBytes, type WireWriter } from "../wire/wire-writer.js";
import { DATA_TYPES } from "./data-types.js";
import { type VarintData, varintsBytes, writeVarints } from "./write-varints.js";

/** Where the elements of an answer stand: in the field of their type, or as they lie in memory in `tensor_content`. */
export type TensorForm = "values" | "content";

const DTYPE = 1;
const TENSOR_SHAPE = 2;
const TENSOR_CONTENT = 4;
const DIM = 2;
const DIM_SIZE = 1;

/** A tensor with how long its message and the parts of that are, which stand before them. */
export interface MeasuredTensor {
  readonly tensor: Tensor;
  /** Of the whole message. */
  readonly bytes: number;
  readonly shapeBytes: number;
  /** The field of the elements. */
  readonly field: number;
  /** Of the elements, without what stands before them; of strings, with what stands before each. */
  readonly valueBytes: number;
}

export function measureTensor(tensor: Tensor, form: TensorForm): MeasuredTensor {
  const { code, field: valueField, wireType } = DATA_TYPES[tensor.dtype];
  let shapeBytes = 0;
  for (const size of tensor.shape) shapeBytes += lengthDelimitedBytes(dimBytes(size));
  const head = 1 + varintBytes(code) + lengthDelimitedBytes(shapeBytes);
  if (tensor.dtype === "string") {
    let valueBytes = 0;
    for (const { length } of tensor.data) valueBytes += lengthDelimitedBytes(length);
    return { tensor, bytes: head + valueBytes, shapeBytes, field: valueField, valueBytes };
  }
  const isAsInMemory = form === "content" || wireType === FIXED32 || wireType === FIXED64;
  const valueBytes = isAsInMemory ? tensor.data.byteLength : varintsBytes(tensor.data as VarintData);
  const field = form === "content" ? TENSOR_CONTENT : valueField;
  const fieldBytes = valueBytes === 0 ? 0 : (field < 16 ? 1 : 2) + varintBytes(valueBytes) + valueBytes;
  return { tensor, bytes: head + fieldBytes, shapeBytes, field, valueBytes };
}

export function writeTensor(writer: WireWriter, { tensor, shapeBytes, field, valueBytes }: MeasuredTensor): void {
  const { code, wireType } = DATA_TYPES[tensor.dtype];
  writer.varintField(DTYPE, code);
  writer.lengthDelimited(TENSOR_SHAPE, shapeBytes);
  for (const size of tensor.shape) {
    writer.lengthDelimited(DIM, dimBytes(size));
    if (size !== 0) writer.varintField(DIM_SIZE, size);
  }
  if (tensor.dtype === "string") {
    for (const string of tensor.data) {
      writer.lengthDelimited(field, string.length);
      writer.raw(string);
    }
    return;
  }
  if (valueBytes === 0) return;
  writer.lengthDelimited(field, valueBytes);
  const { data } = tensor;
  if (field === TENSOR_CONTENT || wireType === FIXED32 || wireType === FIXED64) {
    writer.raw(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  } else writer.place((bytes, at) => writeVarints(data as VarintData, bytes, at));
}

/** Of one dimension's message; a size of 0 is left out of it, as proto3 has it. */
function dimBytes(size: number): number {
  return size === 0 ? 0 : 1 + varintBytes(size);
}
