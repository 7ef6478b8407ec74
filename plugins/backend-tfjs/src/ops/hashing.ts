import { PlinthError } from "@plinth/core";
import * as tf from "@tensorflow/tfjs-core";
import { boolOf, floatsOf, intOf, intsOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import type { Value } from "../graph/values.js";
import { makeTensor } from "../tensors/to-engine.js";
import { type Element, elementsAt, integerRows, integerVector } from "./elements.js";
import { bytesAt, integersAt, nameOf, type Ops, tensorAt } from "./kernels.js";
import { checkSize } from "./shapes.js";
import { sipHash } from "./sip-hash.js";

const word = (value: bigint): bigint => BigInt.asUintN(64, value);

/** As TensorFlow puts two fingerprints together (`FingerprintCat64`). */
function joined(first: bigint, second: bigint): bigint {
  const multiplier = 0xc6a4a7935bd1e995n;
  const mixed = (value: bigint) => value ^ (value >> 47n);
  let result = first ^ multiplier;
  result ^= word(mixed(word(second * multiplier)) * multiplier);
  result = word(result * multiplier);
  result = word(mixed(result) * multiplier);
  return mixed(result);
}

/** A number stands for itself, a string for its fingerprint. */
function fingerprint(element: Element): bigint {
  if (typeof element === "number") return word(BigInt(element));
  const { high, low } = tf.util.fingerPrint64(element).toUnsigned();
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

const strongBucket: CompileOp = (node) => {
  const buckets = BigInt(intOf(node, "num_buckets"));
  const [first = 0, second = 0] = intsOf(node, "key");
  return (inputs) => {
    const hashes = bytesAt(inputs, 0).map((bytes) =>
      Number(sipHash(bytes, word(BigInt(first)), word(BigInt(second))) % buckets),
    );
    return makeTensor(Int32Array.from(hashes), tensorAt(inputs, 0).shape, "int32");
  };
};

/** Features of one column, a list for each row. */
function sparseColumn(inputs: readonly Value[], indices: number, values: number, rowCount: number): Element[][] {
  const rows = Array.from({ length: rowCount }, (): Element[] => []);
  const [places, elements] = [integersAt(inputs, indices), elementsAt(inputs, values)];
  for (const [index, element] of elements.entries()) rows[places[2 * index] as number]?.push(element);
  return rows;
}

function denseColumn(inputs: readonly Value[], index: number): Element[][] {
  const [rowCount = 0, width = 1] = tensorAt(inputs, index).shape;
  const elements = Array.from(elementsAt(inputs, index));
  return Array.from({ length: rowCount }, (_, row) => elements.slice(row * width, (row + 1) * width));
}

/** All ways to pick one feature of each column, the last column's turning fastest. */
function combinations(features: readonly (readonly Element[])[]): readonly (readonly Element[])[] {
  checkSize(features.map(({ length }) => length));
  return features.reduce<readonly (readonly Element[])[]>(
    (all, column) => all.flatMap((picked) => column.map((element) => [...picked, element])),
    [[]],
  );
}

/** Features crossed with each other, as the buckets that they fall into. */
const cross: CompileOp = (node) => {
  const [count, buckets] = [intOf(node, "N"), intOf(node, "num_buckets")];
  const key = node.attributes.get("hash_key");
  if (!boolOf(node, "hashed_output") || buckets <= 0 || key?.kind !== "int") {
    throw new PlinthError(
      "MODEL_UNSUPPORTED",
      `The ${nameOf(node)} gives strings or numbers of 64 bits: this engine crosses features into buckets alone`,
    );
  }
  return (inputs) => {
    const rowCount = count > 0 ? (integersAt(inputs, 2 * count)[0] ?? 0) : (tensorAt(inputs, 0).shape[0] ?? 0);
    const columns = [
      ...Array.from({ length: count }, (_, index) => sparseColumn(inputs, index, count + index, rowCount)),
      ...inputs.slice(3 * count).map((_, index) => denseColumn(inputs, 3 * count + index)),
    ];
    const rows = Array.from({ length: rowCount }, (_, row) =>
      combinations(columns.map((column) => column[row] ?? [])).map((features) =>
        Number(features.map(fingerprint).reduce(joined, word(key.value)) % BigInt(buckets)),
      ),
    );
    const places = rows.flatMap((row, index) => row.map((_, at) => [index, at]));
    const longest = rows.reduce((most, { length }) => Math.max(most, length), 0);
    return [integerRows(places, 2), integerVector(rows.flat()), integerVector([rowCount, longest])];
  };
};

/** Which of the intervals between boundaries each number is in; a boundary belongs to the one that it begins. */
const bucketize: CompileOp = (node) => {
  const boundaries = floatsOf(node, "boundaries");
  return (inputs) => {
    const buckets = Int32Array.from(elementsAt(inputs, 0) as readonly number[], (value) => {
      let [low, high] = [0, boundaries.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (value < (boundaries[middle] as number)) high = middle;
        else low = middle + 1;
      }
      return low;
    });
    return makeTensor(buckets, tensorAt(inputs, 0).shape, "int32");
  };
};

/** Ops that make numbers of a few out of what may be anything. */
export const HASHING: Ops = {
  Bucketize: bucketize,
  SparseCross: cross,
  StringToHashBucketStrong: strongBucket,
};
