import type { DType } from "../api/signatures.js";
import type { PictureLayout } from "./picture-layout.js";

/** What black and white, or none and all of a colour, become. */
export const SCALES = {
  "0 to 1": [0, 1],
  "0 to 255": [0, 255],
  "−1 to 1": [-1, 1],
} as const;

export type Scale = keyof typeof SCALES;

export function usualScale(dtype: DType): Scale {
  return dtype.includes("int") ? "0 to 255" : "0 to 1";
}

/** ITU-R BT.601's weights of red, green and blue in brightness. */
const BRIGHTNESS = [0.299, 0.587, 0.114] as const;

/**
 * A picture's values in the order that the layout has, from 0 to 1.
 *
 * @param rgba four bytes a pixel, row by row, of the layout's size
 * @param isInverted whether bright becomes dark, for models that know ink as bright
 */
export function pictureValues(
  rgba: Uint8ClampedArray,
  { height, width, channels, order }: PictureLayout,
  isInverted: boolean,
): Float32Array {
  const pixels = height * width;
  const values = new Float32Array(pixels * channels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const value = channelOf(rgba, pixel, channel, channels) / 255;
      const at = order === "pixels" ? pixel * channels + channel : channel * pixels + pixel;
      values[at] = isInverted && channel < 3 ? 1 - value : value;
    }
  }
  return values;
}

/** Values from 0 to 1 as JSON numbers of a scale; whole ones where the dtype takes no others. */
export function scaledJson(values: Float32Array, scale: Scale, dtype: DType): readonly string[] {
  const [least, most] = SCALES[scale];
  const isWhole = dtype.includes("int");
  return Array.from(values, (value) => {
    const scaled = least + value * (most - least);
    return isWhole ? String(Math.round(scaled)) : String(Number(scaled.toFixed(4)));
  });
}

function channelOf(rgba: Uint8ClampedArray, pixel: number, channel: number, channels: number): number {
  const at = pixel * 4;
  if (channels > 1) return rgba[at + channel] ?? 0;
  return BRIGHTNESS.reduce((sum, weight, colour) => sum + weight * (rgba[at + colour] ?? 0), 0);
}
