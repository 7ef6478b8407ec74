import { valueError } from "../value-error.js";
import type { Channels, Image } from "./image.js";
import { type PngChunks, readPngChunks } from "./png-chunks.js";
import { readSamples } from "./png-samples.js";

export interface PngOptions {
  readonly channels: Channels;
  /** Bits of a value that comes out. */
  readonly bits: 8 | 16;
}

type Samples = Uint8Array | Uint16Array;

/** Reads the pixel at a place among the samples into red, green, blue and alpha. */
type ReadPixel = (at: number, pixel: Uint16Array) => void;

/**
 * A PNG as TensorFlow has libpng decode it.
 *
 * @throws PlinthError `TENSOR_INVALID` for what is no PNG, is damaged or cut off, or is too large
 */
export function decodePng(bytes: Uint8Array, { channels: asked, bits }: PngOptions): Image {
  const chunks = readPngChunks(bytes);
  const { width, height, depth, colour } = chunks;
  const samples = readSamples(chunks);
  const channels = asked === 0 ? channelsOf(chunks) : asked;
  const image = { frames: undefined, height, width, channels };
  if (channels === colour.samples && depth === bits && !colour.isPalette) return { ...image, data: samples };
  return { ...image, data: converted(samples, chunks, channels, bits) };
}

/** A palette counts as the colours that are in it. */
function channelsOf({ colour, transparency }: PngChunks): number {
  if (!colour.isPalette) return colour.samples;
  return transparency === undefined ? 3 : 4;
}

function converted(samples: Samples, chunks: PngChunks, channels: number, bits: 8 | 16): Samples {
  const count = chunks.width * chunks.height;
  const data = bits === 16 ? new Uint16Array(count * channels) : new Uint8Array(count * channels);
  const pixelBits = chunks.depth === 16 ? 16 : 8;
  const read = chunks.colour.isPalette ? paletteReader(samples, chunks) : sampleReader(samples, chunks);
  const pixel = new Uint16Array(4);
  const [wantsGrey, hasAlpha] = [channels < 3, channels % 2 === 0];
  for (let place = 0, to = 0; place < count; place++) {
    read(place * chunks.colour.samples, pixel);
    if (wantsGrey) data[to++] = scaled(greyOf(pixel, pixelBits), pixelBits, bits);
    else for (let each = 0; each < 3; each++) data[to++] = scaled(pixel[each] as number, pixelBits, bits);
    if (hasAlpha) data[to++] = scaled(pixel[3] as number, pixelBits, bits);
  }
  return data;
}

/** libpng cuts low bits off, and repeats those that there are. */
function scaled(value: number, from: 8 | 16, to: 8 | 16): number {
  if (from === to) return value;
  return from === 16 ? value >> 8 : value * 257;
}

/** libpng's weights in parts of 32,768. */
const WEIGHTS = { red: 9797, green: 19_234, blue: 3737 } as const;

function greyOf([red = 0, green = 0, blue = 0]: Uint16Array, bits: 8 | 16): number {
  if (red === green && red === blue) return red;
  const sum = WEIGHTS.red * red + WEIGHTS.green * green + WEIGHTS.blue * blue;
  return Math.floor((bits === 16 ? sum + 16_384 : sum) / 32_768);
}

/** TensorFlow adds the largest sample that the file could hold, which it reads as one of 8 bits. */
function opaque(depth: number): number {
  return 2 ** depth - 1;
}

function paletteReader(samples: Samples, { depth, palette, transparency }: PngChunks): ReadPixel {
  return (at, pixel) => {
    const index = samples[at] as number;
    if (3 * index + 2 >= palette.length) throw valueError(`The PNG is damaged: its palette has no colour ${index}`);
    for (let each = 0; each < 3; each++) pixel[each] = palette[3 * index + each] as number;
    pixel[3] = transparency === undefined ? opaque(depth) : (transparency[index] ?? 255);
  };
}

function sampleReader(samples: Samples, { depth, colour, transparency }: PngChunks): ReadPixel {
  // A grey of 1, 2 or 4 bits takes up all of 8.
  const factor = depth < 8 ? 255 / (2 ** depth - 1) : 1;
  const places = colour.isGrey ? [0, 0, 0] : [0, 1, 2];
  const clear = clearColour(transparency, places);
  return (at, pixel) => {
    for (let each = 0; each < 3; each++) pixel[each] = (samples[at + (places[each] as number)] as number) * factor;
    if (colour.hasAlpha) pixel[3] = samples[at + colour.samples - 1] as number;
    else {
      const isClear = clear?.every((value, each) => samples[at + (places[each] as number)] === value);
      pixel[3] = isClear === undefined ? opaque(depth) : isClear ? 0 : depth === 16 ? 0xffff : 0xff;
    }
  };
}

/** The one colour that is seen through, a sample for each of red, green and blue. */
function clearColour(transparency: Buffer | undefined, places: readonly number[]): readonly number[] | undefined {
  if (transparency === undefined || transparency.length < 2 * (Math.max(...places) + 1)) return undefined;
  return places.map((place) => transparency.readUInt16BE(2 * place));
}
