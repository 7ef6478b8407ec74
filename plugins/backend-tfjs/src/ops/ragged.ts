import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { boolOf, intOf, textsOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import type { EngineType } from "../tensors/element-types.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { valueError } from "../value-error.js";
import { type Element, elementTensor } from "./elements.js";
import { bytesAt, integersAt, type Ops, plain, tensorAt } from "./kernels.js";
import { checkSize } from "./shapes.js";
import { stringTensor, toBytes, toText } from "./strings.js";

/** Where values belong that are in rows of several lengths: which row, and how far along it. */
interface RowPlaces {
  readonly rows: readonly number[];
  readonly rowCount: number;
  readonly longest: number;
}

function placesOf(type: string, values: readonly number[], parentCount: number): RowPlaces {
  if (type === "ROW_SPLITS") {
    const lengths = values.slice(1).map((end, index) => end - (values[index] ?? 0));
    const rows = lengths.flatMap((length, row) => new Array<number>(Math.max(length, 0)).fill(row));
    return { rows, rowCount: lengths.length, longest: Math.max(0, ...lengths) };
  }
  const lengths = new Map<number, number>();
  for (const row of values) lengths.set(row, (lengths.get(row) ?? 0) + 1);
  const longest = [...lengths.values()].reduce((most, length) => Math.max(most, length), 0);
  return { rows: values, rowCount: parentCount, longest };
}

/** Rows of several lengths as one tensor, filled up with a default and cut off where a shape says so. */
const toDense: CompileOp = (node) => {
  const types = textsOf(node, "row_partition_types");
  return (inputs) => {
    const asked = tensorAt(inputs, 0).rank === 0 ? [] : integersAt(inputs, 0);
    const values = tensorAt(inputs, 1);
    const partitions = types.map((type, index) => ({ type, values: integersAt(inputs, index + 3) }));
    const isCounted = partitions[0]?.type === "FIRST_DIM_SIZE";
    let parentCount = isCounted ? (partitions[0]?.values[0] ?? 0) : -1;
    const levels = partitions.slice(isCounted ? 1 : 0).map(({ type, values: of }) => {
      const places = placesOf(type, of, parentCount);
      if (parentCount === -1) parentCount = places.rowCount;
      const level = { ...places, rowCount: parentCount };
      parentCount = places.rows.length;
      return level;
    });
    const inner = values.shape.slice(1);
    const natural = [levels[0]?.rowCount ?? 0, ...levels.map(({ longest }) => longest), ...inner];
    const shape = checkSize(
      natural.map((length, axis) => ((asked[axis] ?? -1) < 0 ? length : (asked[axis] as number))),
    );
    const targets = levels.reduce<readonly number[]>(
      (parents, level, index) => nextTargets(parents, level, shape[index + 1] ?? 0),
      Array.from({ length: levels[0]?.rowCount ?? 0 }, (_, row) => (row < (shape[0] ?? 0) ? row : -1)),
    );
    return scatter(values, targets, tensorAt(inputs, 2), shape);
  };
};

/** Where the values of a level go: -1 for those that are cut off. */
function nextTargets(parents: readonly number[], { rows }: RowPlaces, width: number): readonly number[] {
  let [row, column] = [-1, 0];
  return rows.map((each) => {
    column = each === row ? column + 1 : 0;
    row = each;
    const parent = parents[each] ?? -1;
    return parent === -1 || column >= width ? -1 : parent * width + column;
  });
}

function scatter(values: Tensor, targets: readonly number[], fallback: Tensor, shape: readonly number[]): Tensor {
  const from = readValues(values) as readonly Element[];
  const filler = readValues(fallback) as readonly Element[];
  const width = tf.util.sizeFromShape(values.shape.slice(1));
  const size = tf.util.sizeFromShape([...shape]);
  const result = new Array<Element>(size);
  for (let at = 0; at < size; at++) result[at] = filler[at % filler.length] as Element;
  for (const [row, target] of targets.entries()) {
    if (target === -1) continue;
    for (let at = 0; at < width; at++) result[target * width + at] = from[row * width + at] as Element;
  }
  return elementTensor(result, shape, values.dtype as EngineType);
}

/** Strings of a vector, each in its parts: places, parts and the shape that they would need. */
function sparseParts(parts: readonly (readonly Uint8Array[])[]): Tensor[] {
  const places = parts.flatMap((row, index) => row.flatMap((_, at) => [index, at]));
  const longest = parts.reduce((most, row) => Math.max(most, row.length), 0);
  const count = places.length / 2;
  return [
    makeTensor(Int32Array.from(places), [count, 2], "int32"),
    stringTensor(parts.flat(), [count]),
    makeTensor(Int32Array.of(parts.length, longest), [2], "int32"),
  ];
}

/** Without a separator at white space, whose lengths do not matter; else at each separator. */
const splitAtSeparator: CompileOp = (node) => {
  const most = intOf(node, "maxsplit", -1);
  return (inputs) => {
    const separator = toText(bytesAt(inputs, 1)[0] ?? new Uint8Array());
    return sparseParts(bytesAt(inputs, 0).map((bytes) => splitText(toText(bytes), separator, most).map(toBytes)));
  };
};

function splitText(text: string, separator: string, most: number): readonly string[] {
  const words =
    separator === "" ? text.replace(/^[\t-\r ]+|[\t-\r ]+$/g, "").split(/[\t-\r ]+/) : text.split(separator);
  if (separator === "" && words.length === 1 && words[0] === "") return [];
  if (most < 0 || words.length <= most + 1) return words;
  if (separator !== "") return [...words.slice(0, most), words.slice(most).join(separator)];
  const rest = new RegExp(`^[\\t-\\r ]*(?:[^\\t-\\r ]+[\\t-\\r ]+){${most}}`).exec(text)?.[0].length ?? 0;
  return [...words.slice(0, most), text.slice(rest)];
}

/** At each of the separator's bytes; without one, into bytes. */
const splitAtBytes: CompileOp = (node) => {
  const skipsEmpty = boolOf(node, "skip_empty", true);
  return (inputs) => {
    const separators = new Set(bytesAt(inputs, 1)[0] ?? []);
    return sparseParts(
      bytesAt(inputs, 0).map((bytes) => {
        if (separators.size === 0) return Array.from(bytes, (byte) => Uint8Array.of(byte));
        const parts: Uint8Array[] = [];
        let begin = 0;
        for (let at = 0; at <= bytes.length; at++) {
          if (at < bytes.length && !separators.has(bytes[at] as number)) continue;
          if (at > begin || !skipsEmpty) parts.push(bytes.subarray(begin, at));
          begin = at + 1;
        }
        return parts;
      }),
    );
  };
};

/** A dense tensor with values put at places; also of strings. */
const sparseToDense: CompileOp = plain((inputs) => {
  const shape = checkSize(integersAt(inputs, 1));
  const indices = integersAt(inputs, 0);
  const width = tensorAt(inputs, 0).rank === 2 ? shape.length : 1;
  const values = readValues(tensorAt(inputs, 2)) as readonly Element[];
  const [filler] = readValues(tensorAt(inputs, 3)) as readonly Element[];
  const result = new Array<Element>(tf.util.sizeFromShape(shape)).fill(filler as Element);
  for (let row = 0; row * width < indices.length; row++) {
    let target = 0;
    for (const [axis, length] of shape.entries()) {
      const index = indices[row * width + axis] ?? 0;
      if (index < 0 || index >= length) throw valueError(`The index ${index} is outside of the shape [${shape}]`);
      target = target * length + index;
    }
    result[target] = values[values.length === 1 ? 0 : row] as Element;
  }
  return elementTensor(result, shape, tensorAt(inputs, 3).dtype as EngineType);
});

/** Ops on rows of several lengths, which text is split into. */
export const RAGGED: Ops = {
  RaggedTensorToTensor: toDense,
  SparseToDense: sparseToDense,
  StringSplit: splitAtBytes,
  StringSplitV2: splitAtSeparator,
};
