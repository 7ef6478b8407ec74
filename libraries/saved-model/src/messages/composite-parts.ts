import type { Shape } from "../constant-tensor.js";
import { SavedModelError } from "../saved-model-error.js";
import { MAX_RANK, readShape } from "./tensor-message.js";
import { type WireReader, zigzag } from "./wire-reader.js";

/** One of the tensors that a sparse or ragged tensor is. */
export interface CompositePart {
  readonly name: string;
  readonly dataType: number;
  readonly shape: Shape;
}

/** Numbers of TypeSpecProto.TypeSpecClass. */
const SPARSE = 1;
const INDEXED_SLICES = 2;
const RAGGED = 3;

/** Number of the data type int64. */
const INT64 = 9;

/** Fields of StructuredValue. */
const NUMBER = 12;
const SHAPE = 31;
const DATA_TYPE = 32;
const TUPLE = 52;

/** The tensors of a sparse tensor, in the order in which TensorFlow takes it apart. */
export function sparseParts(dataType: number, shape: Shape): readonly CompositePart[] {
  const rank = shape?.length ?? -1;
  return [
    { name: "indices", dataType: INT64, shape: [-1, rank] },
    { name: "values", dataType, shape: [-1] },
    { name: "dense_shape", dataType: INT64, shape: [rank] },
  ];
}

/** What the parts of a composite tensor are called, as its attributes in Python where it is of a kind that clients know. */
export function partNames(typeSpecClass: number, count: number): readonly string[] {
  const numbered = (name: string, length: number) => Array.from({ length }, (_, index) => `${name}_${index}`);
  switch (typeSpecClass) {
    case SPARSE:
      return ["indices", "values", "dense_shape"].slice(0, count);
    case INDEXED_SLICES:
      return ["values", "indices", "dense_shape"].slice(0, count);
    case RAGGED:
      return ["values", ...(count === 2 ? ["row_splits"] : numbered("row_splits", count - 1))];
    default:
      return numbered("component", count);
  }
}

/** TypeSpecProto, as the parts of what it describes; none where that is neither sparse nor ragged. */
export function readTypeSpec(reader: WireReader): readonly CompositePart[] {
  let typeSpecClass = 0;
  let state: TypeState = { shape: undefined, dataTypes: [], numbers: [] };
  while (reader.next()) {
    if (reader.field === 1) typeSpecClass = reader.number();
    else if (reader.field === 2) state = readTypeState(reader.message());
    else reader.skip();
  }
  const { shape, dataTypes, numbers } = state;
  const [dataType = 0, splitsType = INT64] = dataTypes;
  if (typeSpecClass === SPARSE) return sparseParts(dataType, shape);
  if (typeSpecClass !== RAGGED) return [];
  const [raggedRank = 1] = numbers;
  if (raggedRank < 0 || raggedRank > MAX_RANK) {
    throw new SavedModelError("GRAPH_INVALID", `Expected a ragged tensor of at most ${MAX_RANK} ragged dimensions`);
  }
  const inner = shape?.slice(raggedRank + 1);
  const types = [dataType, ...new Array<number>(raggedRank).fill(splitsType)];
  const shapes = [inner && [-1, ...inner], ...new Array<Shape>(raggedRank).fill([-1])];
  return partNames(RAGGED, types.length).map((name, index) => ({
    name,
    dataType: types[index] as number,
    shape: shapes[index],
  }));
}

/** What stands in the tuple of a specification: `(shape, dtype)`, or `(shape, dtype, ragged rank, dtype of row splits)`. */
interface TypeState {
  readonly shape: Shape;
  readonly dataTypes: readonly number[];
  readonly numbers: readonly number[];
}

function readTypeState(reader: WireReader): TypeState {
  const dataTypes: number[] = [];
  const numbers: number[] = [];
  let shape: Shape;
  while (reader.next()) {
    if (reader.field !== TUPLE) reader.skip();
    else {
      eachEntry(reader.message(), (entry) => {
        if (entry.field === NUMBER) numbers.push(Number(zigzag(entry.bigint())));
        else if (entry.field === SHAPE) shape = readShape(entry.message());
        else if (entry.field === DATA_TYPE) dataTypes.push(entry.number());
        else entry.skip();
      });
    }
  }
  return { shape, dataTypes, numbers };
}

function eachEntry(tuple: WireReader, read: (entry: WireReader) => void): void {
  while (tuple.next()) {
    if (tuple.field !== 1) tuple.skip();
    else {
      const value = tuple.message();
      while (value.next()) read(value);
    }
  }
}
