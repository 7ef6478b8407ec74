import * as tf from "@tensorflow/tfjs-core";
import { boolOf, engineTypeAttribute, shapeOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { Resource, type Value } from "../graph/values.js";
import type { EngineType } from "../tensors/element-types.js";
import { makeTensor } from "../tensors/to-engine.js";
import { integersAt, numberAt, type Ops, plain, resourceAt, tensorAt } from "./kernels.js";
import { joinTensors } from "./moved-strings.js";
import { checkSize } from "./shapes.js";

/** Most places that a list may have: what an hour of steps of a recurrent network fills. */
const MAX_LENGTH = 2 ** 24;

/**
 * A list of tensors, which never changes: what puts something in makes a new one. Its tensors live to the end of the run, as several lists
 * may have the same.
 */
class TensorList extends Resource {
  readonly kind = "list of tensors";
  readonly items: readonly (tf.Tensor | undefined)[];
  readonly dtype: EngineType;
  readonly elementShape: readonly number[] | undefined;

  constructor(
    items: readonly (tf.Tensor | undefined)[],
    dtype: EngineType,
    elementShape: readonly number[] | undefined,
  ) {
    super();
    this.items = items;
    this.dtype = dtype;
    this.elementShape = elementShape;
  }

  with(items: readonly (tf.Tensor | undefined)[]): TensorList {
    return new TensorList(items, this.dtype, this.elementShape);
  }

  /** What was never put in is zeros. */
  at(index: number, shape: readonly number[] | undefined): tf.Tensor {
    if (index < 0 || index >= this.items.length) {
      throw new Error(`A list of ${this.items.length} tensors has none at ${index}`);
    }
    const item = this.items[index];
    if (item !== undefined) return item.clone();
    const known = completed(this.items.find((each) => each !== undefined)?.shape ?? this.elementShape, shape);
    return tf.zeros(checkSize(known), this.dtype as "float32");
  }
}

/** A TensorFlow 1 array of tensors, which changes in place. */
class TensorArray extends Resource {
  readonly kind = "array of tensors";
  list: TensorList;

  constructor(list: TensorList) {
    super();
    this.list = list;
  }
}

function completed(known: readonly number[] | undefined, other: readonly number[] | undefined): readonly number[] {
  const shape = (known ?? other ?? []).map((length, axis) => (length < 0 ? (other?.[axis] ?? -1) : length));
  if (shape.some((length) => length < 0))
    throw new Error(`The shape [${shape.join(",")}] of an empty place is not known`);
  return shape;
}

/** The shape that an input tells; a scalar -1 is an unknown rank. */
function shapeAt(inputs: readonly Value[], index: number): readonly number[] | undefined {
  return tensorAt(inputs, index).rank === 0 ? undefined : integersAt(inputs, index);
}

function places(count: number): undefined[] {
  if (count < 0 || count > MAX_LENGTH) throw new Error(`Expected 0 to ${MAX_LENGTH} places in a list, got ${count}`);
  return new Array<undefined>(count).fill(undefined);
}

function replaced(list: TensorList, index: number, item: tf.Tensor): TensorList {
  if (index < 0 || index >= list.items.length)
    throw new Error(`A list of ${list.items.length} tensors has no place ${index}`);
  const items = list.items.slice();
  items[index] = item.clone();
  return list.with(items);
}

function stacked(list: TensorList, shape: readonly number[] | undefined): tf.Tensor {
  if (list.items.length === 0) return tf.zeros([0, ...completed(list.elementShape, shape)], list.dtype as "float32");
  return tf.tidy(() =>
    joinTensors(
      list.items.map((_, index) => list.at(index, shape)),
      (items) => tf.stack(items),
    ),
  );
}

function picked(list: TensorList, indices: readonly number[], shape: readonly number[] | undefined): tf.Tensor {
  return stacked(list.with(indices.map((index) => list.at(index, shape))), shape);
}

function unstacked(tensor: tf.Tensor, dtype: EngineType, shape: readonly number[] | undefined): TensorList {
  return new TensorList(tensor.shape[0] === 0 ? [] : tf.unstack(tensor), dtype, shape);
}

function scattered(tensor: tf.Tensor, indices: readonly number[], length: number, dtype: EngineType): TensorList {
  const items: (tf.Tensor | undefined)[] = places(Math.max(length, ...indices.map((index) => index + 1), 0));
  const rows = indices.length === 0 ? [] : tf.unstack(tensor);
  for (const [row, index] of indices.entries()) items[index] = rows[row];
  return new TensorList(items, dtype, tensor.shape.slice(1));
}

/** A list that has as many places. */
function atLeast(list: TensorList, length: number): TensorList {
  return list.items.length >= length ? list : list.with(places(length).map((_, index) => list.items[index]));
}

const elementType =
  (name = "element_dtype") =>
  (node: Parameters<CompileOp>[0]): EngineType =>
    engineTypeAttribute(node, name);

const listOf =
  (make: (inputs: readonly Value[], dtype: EngineType) => TensorList): CompileOp =>
  (node) => {
    const dtype = elementType()(node);
    return (inputs) => make(inputs, dtype);
  };

const list = (inputs: readonly Value[]): TensorList => resourceAt(inputs, 0, TensorList);
const array = (inputs: readonly Value[]): TensorArray => resourceAt(inputs, 0, TensorArray);
const flow = (): tf.Tensor => makeTensor(Float32Array.of(0), [], "float32");

const LISTS: Ops = {
  EmptyTensorList: listOf((inputs, dtype) => new TensorList([], dtype, shapeAt(inputs, 0))),
  TensorListFromTensor: listOf((inputs, dtype) => unstacked(tensorAt(inputs, 0), dtype, shapeAt(inputs, 1))),
  TensorListReserve: listOf((inputs, dtype) => new TensorList(places(numberAt(inputs, 1)), dtype, shapeAt(inputs, 0))),
  TensorListScatterV2: listOf((inputs, dtype) =>
    scattered(tensorAt(inputs, 0), integersAt(inputs, 1), numberAt(inputs, 3), dtype),
  ),
  TensorListConcatV2: plain((inputs) => {
    const { items } = list(inputs);
    const pieces = items.map((_, index) => list(inputs).at(index, shapeAt(inputs, 1)));
    const lengths = pieces.map(({ shape }) => shape[0] ?? 0);
    return [
      joinTensors(pieces, (each) => tf.concat(each, 0)),
      makeTensor(Int32Array.from(lengths), [lengths.length], "int32"),
    ];
  }),
  TensorListElementShape: plain((inputs) => {
    const shape = list(inputs).elementShape ?? [];
    return makeTensor(Int32Array.from(shape), [shape.length], "int32");
  }),
  TensorListGather: plain((inputs) => picked(list(inputs), integersAt(inputs, 1), shapeAt(inputs, 2))),
  TensorListGetItem: plain((inputs) => list(inputs).at(numberAt(inputs, 1), shapeAt(inputs, 2))),
  TensorListLength: plain((inputs) => makeTensor(Int32Array.of(list(inputs).items.length), [], "int32")),
  TensorListPopBack: plain((inputs) => {
    const { items } = list(inputs);
    return [list(inputs).with(items.slice(0, -1)), list(inputs).at(items.length - 1, shapeAt(inputs, 1))];
  }),
  TensorListPushBack: plain((inputs) => {
    places(list(inputs).items.length + 1);
    return list(inputs).with([...list(inputs).items, tensorAt(inputs, 1).clone()]);
  }),
  TensorListResize: plain((inputs) => {
    const { items } = list(inputs);
    return list(inputs).with(places(numberAt(inputs, 1)).map((_, index) => items[index]));
  }),
  TensorListSetItem: (node) => {
    const grows = boolOf(node, "resize_if_index_out_of_bounds");
    return (inputs) => {
      const index = numberAt(inputs, 1);
      return replaced(grows ? atLeast(list(inputs), index + 1) : list(inputs), index, tensorAt(inputs, 2));
    };
  },
  TensorListStack: plain((inputs) => stacked(list(inputs), shapeAt(inputs, 1))),
};

const ARRAYS: Ops = {
  TensorArrayV3: (node) => {
    const dtype = elementType("dtype")(node);
    const shape = shapeOf(node, "element_shape");
    return (inputs) => [new TensorArray(new TensorList(places(numberAt(inputs, 0)), dtype, shape)), flow()];
  },
  TensorArrayConcatV3: plain((inputs) => {
    const { list: held } = array(inputs);
    const pieces = held.items.map((_, index) => held.at(index, undefined));
    const lengths = pieces.map(({ shape }) => shape[0] ?? 0);
    return [
      joinTensors(pieces, (each) => tf.concat(each, 0)),
      makeTensor(Int32Array.from(lengths), [lengths.length], "int32"),
    ];
  }),
  TensorArrayGatherV3: (node) => {
    const shape = shapeOf(node, "element_shape");
    return (inputs) => picked(array(inputs).list, integersAt(inputs, 1), shape);
  },
  TensorArrayReadV3: plain((inputs) => array(inputs).list.at(numberAt(inputs, 1), undefined)),
  TensorArrayScatterV3: plain((inputs) => {
    const held = array(inputs);
    const rows = scattered(tensorAt(inputs, 2), integersAt(inputs, 1), held.list.items.length, held.list.dtype);
    held.list = held.list.with(rows.items.map((item, index) => item ?? held.list.items[index]));
    return flow();
  }),
  TensorArraySizeV3: plain((inputs) => makeTensor(Int32Array.of(array(inputs).list.items.length), [], "int32")),
  TensorArrayWriteV3: plain((inputs) => {
    const held = array(inputs);
    const index = numberAt(inputs, 1);
    held.list = replaced(atLeast(held.list, index + 1), index, tensorAt(inputs, 2));
    return flow();
  }),
};

/** Lists of tensors, which recurrent networks keep their steps in. */
export const TENSOR_LISTS: Ops = { ...LISTS, ...ARRAYS };
