import type { Tensor } from "@tensorflow/tfjs-core";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";

/** What one row or column of the result is made of: rows or columns of the image, and how much each counts. */
export interface Taps {
  readonly places: readonly number[];
  readonly weights: readonly number[];
}

/** Images of other sizes: rows first, then columns. The result is float32. */
export function resample(images: Tensor, rows: readonly Taps[], columns: readonly Taps[]): Tensor {
  const [batch = 0, height = 0, width = 0, depth = 0] = images.shape;
  const shape = [batch, rows.length, columns.length, depth];
  const values = readValues(images) as Float32Array;
  const result = new Float32Array(batch * rows.length * columns.length * depth);
  const line = new Float64Array(width * depth);
  let to = 0;
  for (let image = 0; image < batch; image++) {
    for (const row of rows) {
      line.fill(0);
      for (const [tap, y] of row.places.entries()) {
        const weight = row.weights[tap] as number;
        const begin = (image * height + y) * width * depth;
        for (let at = 0; at < line.length; at++)
          line[at] = (line[at] as number) + weight * (values[begin + at] as number);
      }
      for (const column of columns) {
        for (let channel = 0; channel < depth; channel++) result[to++] = weighted(line, column, depth, channel);
      }
    }
  }
  return makeTensor(result, shape, "float32");
}

function weighted(line: Float64Array, { places, weights }: Taps, depth: number, channel: number): number {
  let sum = 0;
  for (let tap = 0; tap < places.length; tap++) {
    sum += (weights[tap] as number) * (line[(places[tap] as number) * depth + channel] as number);
  }
  return sum;
}

/** Weights that add up to one, but for those that are nothing. */
export function normalised(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Math.abs(sum) < 1000 * SMALLEST_FLOAT ? weights : weights.map((weight) => weight / sum);
}

/** Of float32, as TensorFlow compares with. */
const SMALLEST_FLOAT = 2 ** -126;

export function bounded(place: number, length: number): number {
  return Math.min(Math.max(place, 0), length - 1);
}
