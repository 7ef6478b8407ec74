import type { GraphNode } from "@plinth/saved-model";
import { boolOf, floatOf, intOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import type { Value } from "../graph/values.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { type Ops, tensorAt } from "./kernels.js";

interface Range {
  readonly least: number;
  readonly most: number;
  readonly step: number;
}

/** Moved a little, so that 0 is one of its steps. */
function nudged(least: number, most: number, bits: number, isNarrow: boolean): Range {
  const [first, last] = [isNarrow ? 1 : 0, 2 ** bits - 1];
  const step = Math.fround((most - least) / (last - first));
  const zero = Math.min(Math.max(roundUp(first - Math.fround(least / step)), first), last);
  return { least: Math.fround((first - zero) * step), most: Math.fround((last - zero) * step), step };
}

function roundUp(value: number): number {
  return Math.floor(value + 0.5);
}

function rounded(value: number, { least, most, step }: Range): number {
  const bounded = Math.min(Math.max(value, least), most);
  return Math.floor(Math.fround(Math.fround(bounded - least) * Math.fround(1 / step)) + 0.5) * step + least;
}

/** Float32 rounded to what fewer bits can hold, as models are that were trained for it. */
const fakeQuantization =
  (
    rangesOf: (node: GraphNode, inputs: readonly Value[]) => readonly (readonly [least: number, most: number])[],
  ): CompileOp =>
  (node) => {
    const [bits, isNarrow] = [intOf(node, "num_bits", 8), boolOf(node, "narrow_range")];
    return (inputs) => {
      const x = tensorAt(inputs, 0);
      const ranges = rangesOf(node, inputs).map(([least, most]) =>
        least === 0 && most === 0 ? undefined : nudged(least, most, bits, isNarrow),
      );
      const result = Float32Array.from(readValues(x) as Float32Array, (value, at) => {
        const range = ranges[at % ranges.length];
        return range === undefined ? 0 : rounded(value, range);
      });
      return makeTensor(result, x.shape, "float32");
    };
  };

/** One range for all, or one for each channel, which are the last axis. */
const ofInputs = fakeQuantization((_node, inputs) => {
  const [least, most] = [1, 2].map((input) => readValues(tensorAt(inputs, input)) as Float32Array);
  return Array.from(least ?? [], (value, channel) => [value, most?.[channel] ?? 0] as const);
});

/** Ops of models that were trained for fewer bits. */
export const QUANTIZATION: Ops = {
  FakeQuantWithMinMaxArgs: fakeQuantization((node) => [[floatOf(node, "min", -6), floatOf(node, "max", 6)]]),
  FakeQuantWithMinMaxVars: ofInputs,
  FakeQuantWithMinMaxVarsPerChannel: ofInputs,
};
