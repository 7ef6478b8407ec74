import {
  allocateData,
  bytesPerElement,
  type DType,
  type DTypeData,
  dataFromBytes,
  elementCount,
  formatShape,
  PlinthError,
  partsPerElement,
  type Tensor,
} from "@plinth/core";
import { readStringContent, readStringValues } from "../wire/string-values.js";
import type { TensorBudget } from "../wire/tensor-budget.js";
import { readVarints, type VarintDType } from "../wire/varint-values.js";
import { LENGTH_DELIMITED, tag, VARINT } from "../wire/wire-format.js";
import { WireReader } from "../wire/wire-reader.js";
import { type DataType, dataTypeOf } from "./data-types.js";

const DTYPE = tag(1, VARINT);
const TENSOR_SHAPE = tag(2, LENGTH_DELIMITED);
const TENSOR_CONTENT = tag(4, LENGTH_DELIMITED);
const DIM = tag(2, LENGTH_DELIMITED);
const UNKNOWN_RANK = tag(3, VARINT);
const DIM_SIZE = tag(1, VARINT);

/** Field numbers of `float_val` to `uint64_val`. */
const FIRST_VALUE_FIELD = 5;
const LAST_VALUE_FIELD = 17;

/** TensorFlow's own bound (`TensorShape::MaxDimensions`). */
const MAX_AXES = 254;

/**
 * Reads a `TensorProto`. Elements of a fixed width are views of the message where their place in memory permits, strings always are.
 *
 * As TensorFlow does, takes fewer values than the shape has elements for all of them: the last one is repeated, and none means zeros.
 *
 * @param budget bounds what has to be allocated
 * @throws PlinthError `REQUEST_INVALID`, `TENSOR_INVALID`
 */
export function readTensor(message: Buffer, budget: TensorBudget): Tensor {
  const { code, shape, content, values, runs } = outlineOf(message);
  const type = dataTypeOf(code);
  if (type === undefined) throw unknownType(code);
  const { dtype } = type;
  const count = elementCount(shape);
  if (!Number.isSafeInteger(count))
    throw invalid(`the shape ${formatShape(shape)} has more elements than can be counted`);
  if (dtype === "string") {
    const strings = content === undefined ? readStringValues(message, type.field) : readStringContent(content, count);
    return { dtype, shape, data: fitted(dtype, strings, shape, count, budget) };
  }
  if (content !== undefined) return { dtype, shape, data: fromContent(dtype, content, shape, count) } as Tensor;
  const isWhole = runs === 1 && values?.field === type.field;
  const bytes = isWhole ? values.bytes : runs === 0 ? NO_BYTES : gathered(message, type);
  return { dtype, shape, data: fitted(dtype, elementsOf(dtype, bytes, budget), shape, count, budget) } as Tensor;
}

const NO_BYTES = Buffer.alloc(0);

interface Outline {
  readonly code: number;
  readonly shape: readonly number[];
  readonly content: Buffer | undefined;
  /** The last packed run of values. */
  readonly values: { readonly field: number; readonly bytes: Buffer } | undefined;
  /** How many runs and values by themselves there are, of all types. */
  readonly runs: number;
}

/** What the message says beside its values; those mean nothing until the type is known, which may stand behind them. */
function outlineOf(message: Buffer): Outline {
  let code = 0;
  let shape: readonly number[] = [];
  let content: Buffer | undefined;
  let values: Outline["values"];
  let runs = 0;
  const reader = new WireReader(message);
  while (reader.next()) {
    const field = reader.tag >>> 3;
    if (reader.tag === DTYPE) code = reader.uint32();
    else if (reader.tag === TENSOR_SHAPE) shape = readShape(reader.message());
    else if (reader.tag === TENSOR_CONTENT) content = nonEmpty(reader.bytes());
    else if (field < FIRST_VALUE_FIELD || field > LAST_VALUE_FIELD) reader.skip();
    else {
      runs++;
      if ((reader.tag & 7) === LENGTH_DELIMITED) values = { field, bytes: reader.bytes() };
      else reader.skip();
    }
  }
  return { code, shape, content, values, runs };
}

function readShape(reader: WireReader): readonly number[] {
  const shape: number[] = [];
  while (reader.next()) {
    if (reader.tag === DIM) shape.push(readSize(reader.message()));
    else if (reader.tag === UNKNOWN_RANK && reader.uint32() !== 0) throw invalid("a tensor's shape must be known");
    else if (reader.tag !== UNKNOWN_RANK) reader.skip();
    if (shape.length > MAX_AXES) throw invalid(`expected at most ${MAX_AXES} dimensions, got more`);
  }
  return shape;
}

function readSize(reader: WireReader): number {
  let size = 0;
  while (reader.next()) {
    if (reader.tag === DIM_SIZE) size = Number(reader.int64());
    else reader.skip();
  }
  if (size >= 0 && Number.isSafeInteger(size)) return size;
  throw invalid(`expected dimensions from 0 to ${Number.MAX_SAFE_INTEGER}, got ${size}`);
}

/** An empty `tensor_content` is what proto3 has where there is none. */
function nonEmpty(bytes: Buffer): Buffer | undefined {
  return bytes.length === 0 ? undefined : bytes;
}

/** The elements of one field, in whatever parts they came, one behind the other as in a single packed run. */
function gathered(message: Buffer, { field, wireType }: DataType): Buffer {
  const joined = Buffer.allocUnsafeSlow(message.length);
  let length = 0;
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.tag === tag(field, LENGTH_DELIMITED)) length += reader.bytes().copy(joined, length);
    else if (reader.tag === tag(field, wireType)) length += reader.skipped().copy(joined, length);
    else reader.skip();
  }
  return joined.subarray(0, length);
}

function elementsOf<D extends Exclude<DType, "string">>(dtype: D, bytes: Buffer, budget: TensorBudget): DTypeData[D] {
  if (dtype === "float32" || dtype === "float64" || dtype === "complex64" || dtype === "complex128") {
    const partBytes = (bytesPerElement(dtype) as number) / partsPerElement(dtype);
    if (bytes.length % partBytes === 0) return dataFromBytes(dtype, bytes) as DTypeData[D];
    throw invalid(`${bytes.length} bytes are no whole number of values of ${partBytes} bytes each`);
  }
  return readVarints(dtype as VarintDType, bytes, budget) as DTypeData[D];
}

function fromContent<D extends Exclude<DType, "string">>(
  dtype: D,
  content: Buffer,
  shape: readonly number[],
  count: number,
): DTypeData[D] {
  const expected = count * (bytesPerElement(dtype) as number);
  if (content.length !== expected) {
    throw invalid(
      `tensor_content of ${dtype} ${formatShape(shape)} is expected to have ${expected} bytes, got ${content.length}`,
    );
  }
  if (dtype === "bool" && content.some((byte) => byte > 1))
    throw invalid("tensor_content of bool holds bytes other than 0 and 1");
  return dataFromBytes(dtype, content);
}

/** As many elements as the shape has. */
function fitted<D extends DType>(
  dtype: D,
  data: DTypeData[D],
  shape: readonly number[],
  count: number,
  budget: TensorBudget,
): DTypeData[D] {
  const parts = partsPerElement(dtype);
  const expected = count * parts;
  if (data.length === expected) return data;
  if (data.length > expected || data.length % parts !== 0) {
    const values = parts === 1 ? "values" : "real and imaginary parts";
    throw invalid(
      `${dtype} ${formatShape(shape)} is expected to have ${expected} ${values} at most, got ${data.length}`,
    );
  }
  budget.take(dtype, count);
  const full = allocateData(dtype, count) as unknown as { [index: number]: unknown };
  for (let index = 0; index < data.length; index++) full[index] = data[index];
  if (data.length > 0) for (let index = data.length; index < expected; index++) full[index] = full[index - parts];
  return full as unknown as DTypeData[D];
}

function unknownType(code: number): PlinthError {
  const what = code === 0 ? "none (DT_INVALID)" : `DataType ${code}`;
  return invalid(`expected a dtype that is served, as DT_FLOAT (1) or DT_STRING (7), got ${what}`);
}

function invalid(why: string): PlinthError {
  return new PlinthError("TENSOR_INVALID", why);
}
