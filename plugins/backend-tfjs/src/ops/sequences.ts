import type { Tensor } from "@tensorflow/tfjs-core";
import { boolOf, engineTypeAttribute, intOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { valueError } from "../value-error.js";
import { elementsAt, elementTensor, integerRows, integerVector } from "./elements.js";
import { integersAt, type Ops, plain, positiveAxis, tensorAt } from "./kernels.js";

/** Turns the first steps of each example around, as many as it has. */
const reverseSequence: CompileOp = (node) => {
  const [steps, examples] = [intOf(node, "seq_dim"), intOf(node, "batch_dim", 0)];
  return (inputs) => {
    const x = tensorAt(inputs, 0);
    const [stepAxis, exampleAxis] = [positiveAxis(steps, x.rank), positiveAxis(examples, x.rank)];
    const lengths = integersAt(inputs, 1);
    const strides = x.shape.map((_, axis) => x.shape.slice(axis + 1).reduce((product, length) => product * length, 1));
    const [stepStride, exampleStride] = [strides[stepAxis] as number, strides[exampleAxis] as number];
    const [stepCount, exampleCount] = [x.shape[stepAxis] as number, x.shape[exampleAxis] as number];
    if (lengths.length !== exampleCount || lengths.some((length) => length < 0 || length > stepCount)) {
      throw valueError(`Expected ${exampleCount} lengths of at most ${stepCount} steps, got [${lengths}]`);
    }
    const elements = elementsAt(inputs, 0);
    const turned = elements.map((_, at) => {
      const step = Math.floor(at / stepStride) % stepCount;
      const length = lengths[Math.floor(at / exampleStride) % exampleCount] as number;
      return elements[step < length ? at + (length - 1 - 2 * step) * stepStride : at] as number;
    });
    return elementTensor(turned, x.shape, x.dtype as "float32");
  };
};

/** What is in the first and not in the second, and where it stands. */
const difference: CompileOp = plain((inputs) => {
  const keyOf = (element: number | Uint8Array) =>
    typeof element === "number" ? element : Buffer.from(element).toString("latin1");
  const others = new Set(elementsAt(inputs, 1).map(keyOf));
  const elements = elementsAt(inputs, 0);
  const places = elements.flatMap((element, place) => (others.has(keyOf(element)) ? [] : [place]));
  const kept = places.map((place) => elements[place] as number);
  return [elementTensor(kept, [kept.length], tensorAt(inputs, 0).dtype as "float32"), integerVector(places)];
});

/** The likeliest symbol of each step, each once in a row, without blanks: places, symbols, shape, and how unlikely they are. */
const greedyDecoder: CompileOp = (node) => {
  const [isMerged, blankIndex] = [boolOf(node, "merge_repeated"), intOf(node, "blank_index", -1)];
  engineTypeAttribute(node, "T", "float32");
  return (inputs) => {
    const logits = tensorAt(inputs, 0);
    const [steps = 0, batch = 0, symbols = 0] = logits.shape;
    const values = readValues(logits) as Float32Array;
    const lengths = integersAt(inputs, 1);
    const blank = blankIndex < 0 ? symbols + blankIndex : blankIndex;
    const costs = new Float32Array(batch);
    const words = Array.from({ length: batch }, (_, example) => {
      const length = lengths[example] ?? 0;
      if (length > steps) throw valueError(`Expected at most ${steps} steps, got ${length}`);
      const word: number[] = [];
      let before = -1;
      for (let step = 0; step < length; step++) {
        const begin = (step * batch + example) * symbols;
        const row = values.subarray(begin, begin + symbols);
        const best = row.reduce((most, value, symbol) => (value > (row[most] as number) ? symbol : most), 0);
        costs[example] = (costs[example] as number) - (row[best] as number);
        if (best !== blank && !(isMerged && best === before)) word.push(best);
        before = best;
      }
      return word;
    });
    const longest = Math.max(0, ...words.map((word) => word.length));
    const places = words.flatMap((word, example) => word.map((_, at) => [example, at]));
    return [
      integerRows(places, 2),
      integerVector(words.flat()),
      integerVector([batch, longest]),
      makeTensor(costs, [batch, 1], "float32") as Tensor,
    ];
  };
};

/** Ops on sequences and sets. */
export const SEQUENCES: Ops = {
  CTCGreedyDecoder: greedyDecoder,
  ListDiff: difference,
  ReverseSequence: reverseSequence,
};
