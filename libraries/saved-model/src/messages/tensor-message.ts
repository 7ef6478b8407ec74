import type { ConstantTensor, Shape } from "../constant-tensor.js";
import { elementBytes, elementTypeOf } from "../element-type.js";
import { SavedModelError } from "../saved-model-error.js";
import type { WireReader } from "./wire-reader.js";

/** Dimensions that a tensor may have, as TensorFlow has it. */
export const MAX_RANK = 254;

/** Memory for tensors that are longer than what is written of them. Counted down as they are read. */
export interface ExpansionBudget {
  bytesLeft: number;
}

/** TensorShapeProto. */
export function readShape(reader: WireReader): Shape {
  const shape: number[] = [];
  let isKnown = true;
  while (reader.next()) {
    if (reader.field === 2) shape.push(readDimension(reader.message()));
    else if (reader.field === 3) isKnown = !reader.bool();
    else reader.skip();
  }
  if (shape.length > MAX_RANK) throw invalid(`Expected at most ${MAX_RANK} dimensions, got ${shape.length}`);
  return isKnown ? shape : undefined;
}

function readDimension(reader: WireReader): number {
  let size = 0;
  while (reader.next()) {
    if (reader.field === 1) size = reader.number();
    else reader.skip();
  }
  if (size < -1) throw invalid(`Expected a dimension of 0 or more, or -1 for any, got ${size}`);
  return size;
}

/**
 * TensorProto. Its bytes are a view where the message holds them as they are in memory.
 *
 * @throws SavedModelError `GRAPH_INVALID` where values and shape do not fit each other, `UNSUPPORTED` for handles and variants,
 * `TOO_LARGE` past the budget
 */
export function readTensor(reader: WireReader, budget: ExpansionBudget): ConstantTensor {
  let dataType = 0;
  let shape: Shape = [];
  let content: Uint8Array | undefined;
  const chunks: Uint8Array[] = [];
  const integers: bigint[] = [];
  const strings: Uint8Array[] = [];
  while (reader.next()) {
    if (reader.field === 1) dataType = reader.number();
    else if (reader.field === 2) shape = readShape(reader.message());
    else if (reader.field === 4) content = reader.bytes();
    else if (reader.field === 8) strings.push(reader.bytes());
    else if (FIXED_FIELDS.has(reader.field)) chunks.push(reader.fixedBytes());
    else if (VARINT_FIELDS.has(reader.field)) reader.eachVarint((each) => integers.push(each.bigint()));
    else if (reader.field === FLOAT8_FIELD) content = reader.bytes();
    else reader.skip();
  }
  const dtype = elementTypeOf(dataType);
  const count = countElements(shape, `a constant of ${dtype}`);
  const written = shape as readonly number[];
  if (dtype === "string") return { dtype, shape: written, strings: expandStrings(strings, count, budget) };
  const width = elementBytes(dtype);
  if (width === undefined || dtype === "resource" || dtype === "variant") {
    throw new SavedModelError("UNSUPPORTED", `Constants of ${dtype} cannot be read`);
  }
  const bytes = content?.length ? content : integers.length > 0 ? encode(integers, width) : joined(chunks);
  return {
    dtype,
    shape: written,
    bytes: expand(bytes, width, count, content?.length !== undefined && content.length > 0, budget),
  };
}

/** Fields of TensorProto that hold values of 4 or 8 bytes: float, double, complex. */
const FIXED_FIELDS = new Set([5, 6, 9, 12]);

/** Fields of TensorProto that hold integers: int, int64, bool, half, uint32, uint64. */
const VARINT_FIELDS = new Set([7, 10, 11, 13, 16, 17]);

const FLOAT8_FIELD = 18;

/**
 * Elements of a tensor of this shape.
 *
 * @throws SavedModelError `GRAPH_INVALID` where a dimension is unknown, `TOO_LARGE` past what a number can count
 */
export function countElements(shape: Shape, what: string): number {
  if (shape === undefined || shape.some((size) => size < 0)) {
    throw invalid(`Expected all dimensions of ${what}, got ${shape === undefined ? "unknown rank" : `[${shape}]`}`);
  }
  const count = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count)) {
    throw new SavedModelError("TOO_LARGE", `Expected a size that can be of ${what}, got [${shape}]`);
  }
  return count;
}

function encode(values: readonly bigint[], width: number): Uint8Array {
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) {
    if (width === 8) view.setBigInt64(index * 8, value, true);
    else if (width === 4) view.setInt32(index * 4, Number(BigInt.asIntN(32, value)), true);
    else if (width === 2) view.setInt16(index * 2, Number(BigInt.asIntN(16, value)), true);
    else view.setInt8(index, Number(BigInt.asIntN(8, value)));
  }
  return bytes;
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
}

/** The last value stands for all that are not written; without any, they are zero. */
function expand(bytes: Uint8Array, width: number, count: number, whole: boolean, budget: ExpansionBudget): Uint8Array {
  const expected = count * width;
  if (bytes.length === expected) return bytes;
  if (whole || bytes.length > expected || bytes.length % width !== 0) {
    throw invalid(`Expected ${expected} bytes for ${count} elements of a constant, got ${bytes.length}`);
  }
  spend(budget, expected);
  const filled = new Uint8Array(expected);
  filled.set(bytes);
  if (bytes.length > 0) {
    const last = bytes.subarray(bytes.length - width);
    if (last.some((byte) => byte !== 0)) Buffer.from(filled.buffer).fill(last, bytes.length);
  }
  return filled;
}

function expandStrings(strings: readonly Uint8Array[], count: number, budget: ExpansionBudget): readonly Uint8Array[] {
  if (strings.length === count) return strings;
  if (strings.length > count) throw invalid(`Expected ${count} strings of a constant, got ${strings.length}`);
  spend(budget, count * 8);
  const last = strings.at(-1) ?? new Uint8Array(0);
  return [...strings, ...new Array<Uint8Array>(count - strings.length).fill(last)];
}

function spend(budget: ExpansionBudget, bytes: number): void {
  budget.bytesLeft -= bytes;
  if (budget.bytesLeft < 0) {
    throw new SavedModelError(
      "TOO_LARGE",
      `A constant would take ${bytes} bytes, more than maxExpandedBytes has left for constants that are written short`,
    );
  }
}

function invalid(message: string): SavedModelError {
  return new SavedModelError("GRAPH_INVALID", message);
}
