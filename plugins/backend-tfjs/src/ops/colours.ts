import type { Tensor } from "@tensorflow/tfjs-core";
import type { CompileOp } from "../graph/compile-program.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { valueError } from "../value-error.js";
import { numberAt, type Ops, plain, tensorAt } from "./kernels.js";

type Colour = readonly [number, number, number];

/** Hue and saturation from 0 to 1, and value (Smith, 1978). */
function toHsv([red, green, blue]: Colour): Colour {
  const value = Math.max(red, green, blue);
  const range = value - Math.min(red, green, blue);
  if (!(range > 0)) return [0, 0, value];
  return [wrapped(hueOf([red, green, blue], value, range)), value > 0 ? range / value : 0, value];
}

function hueOf([red, green, blue]: Colour, value: number, range: number): number {
  if (red === value) return (green - blue) / (6 * range);
  if (green === value) return (blue - red) / (6 * range) + 1 / 3;
  return (red - green) / (6 * range) + 2 / 3;
}

function wrapped(hue: number): number {
  return hue - Math.floor(hue);
}

function fromHsv([hue, saturation, value]: Colour): Colour {
  const sixths = hue * 6;
  const part = (amount: number) => (1 - saturation + saturation * Math.min(Math.max(amount, 0), 1)) * value;
  return [part(Math.abs(sixths - 3) - 1), part(2 - Math.abs(sixths - 2)), part(2 - Math.abs(sixths - 4))];
}

function mapColours(images: Tensor, map: (colour: Colour) => Colour): Tensor {
  if (images.shape.at(-1) !== 3) throw valueError(`Expected images of 3 channels, got shape [${images.shape}]`);
  const values = readValues(images) as Float32Array;
  const result = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += 3) {
    result.set(map([values[at] as number, values[at + 1] as number, values[at + 2] as number]), at);
  }
  return makeTensor(result, images.shape, "float32");
}

const changed = (change: (hsv: Colour, amount: number) => Colour): CompileOp =>
  plain((inputs) => {
    const amount = numberAt(inputs, 1);
    return mapColours(tensorAt(inputs, 0), (colour) => fromHsv(change(toHsv(colour), amount)));
  });

/** How far each channel is from its mean over an image. */
const contrast: CompileOp = plain((inputs) => {
  const images = tensorAt(inputs, 0);
  const factor = numberAt(inputs, 1);
  const [height = 0, width = 0, depth = 0] = images.shape.slice(-3);
  const values = readValues(images) as Float32Array;
  const result = new Float32Array(values.length);
  const size = height * width * depth;
  for (let begin = 0; begin < values.length; begin += size) {
    for (let channel = begin; channel < begin + depth; channel++) {
      let sum = 0;
      for (let at = channel; at < begin + size; at += depth) sum += values[at] as number;
      const mean = sum / (height * width);
      for (let at = channel; at < begin + size; at += depth)
        result[at] = ((values[at] as number) - mean) * factor + mean;
    }
  }
  return makeTensor(result, images.shape, "float32");
});

/** Ops on the colours of images. */
export const COLOURS: Ops = {
  AdjustContrastv2: contrast,
  AdjustHue: changed(([hue, saturation, value], delta) => [wrapped(hue + delta), saturation, value]),
  AdjustSaturation: changed(([hue, saturation, value], scale) => [
    hue,
    Math.min(Math.max(saturation * scale, 0), 1),
    value,
  ]),
  HSVToRGB: plain((inputs) => mapColours(tensorAt(inputs, 0), fromHsv)),
  RGBToHSV: plain((inputs) => mapColours(tensorAt(inputs, 0), toHsv)),
};
