import { valueError } from "../value-error.js";
import { type Channels, checkImageSize, type Image } from "./image.js";
import { type JpegHeader, readJpegHeader } from "./jpeg-header.js";
import { decompress, FLAGS, PIXEL_FORMATS } from "./turbo-jpeg.js";

export interface JpegOptions {
  readonly channels: Channels;
  /** How much smaller it comes out on each side. */
  readonly ratio: 1 | 2 | 4 | 8;
  /** Whether colours, which have fewer pixels, are spread smoothly. */
  readonly isSmooth: boolean;
  /** Whether the exact transform is asked for; TensorFlow's default is the fast one. */
  readonly isAccurate: boolean;
  /** Whether an image that is cut off comes out as far as it goes. */
  readonly takesPart: boolean;
}

/** Most pixels times passes over them: each costs time, whatever it holds. */
const MAX_PASSED_PIXELS = 2 ** 30;

/** @throws PlinthError `TENSOR_INVALID` for what is no JPEG, is cut off, or is too large */
export function decodeJpeg(bytes: Uint8Array, options: JpegOptions): Image {
  const header = readJpegHeader(bytes);
  const { isWhole, components, scans } = header;
  const [width, height] = [Math.ceil(header.width / options.ratio), Math.ceil(header.height / options.ratio)];
  const channels = options.channels === 0 ? Math.min(components, 3) : options.channels;
  if (channels !== 1 && channels !== 3) throw valueError(`Expected an image of ${channels} channels, got a JPEG`);
  checkImageSize("JPEG", header.width, header.height, components);
  if (header.width * header.height * scans > MAX_PASSED_PIXELS) {
    throw valueError(`Expected a JPEG of fewer passes over ${header.width}x${header.height} pixels, got ${scans}`);
  }
  if (!isWhole && !options.takesPart) throw valueError("Expected a whole JPEG, got one that is cut off");
  try {
    return {
      frames: undefined,
      height,
      width,
      channels,
      data: pixelsOf(bytes, header, { width, height, channels }, options),
    };
  } catch (cause) {
    throw valueError(`The JPEG of ${header.width}x${header.height} pixels could not be decoded`, cause);
  }
}

function pixelsOf(
  bytes: Uint8Array,
  { components, isAdobe }: JpegHeader,
  size: { readonly width: number; readonly height: number; readonly channels: number },
  { isAccurate, isSmooth }: JpegOptions,
): Uint8Array {
  const flags = (isAccurate ? FLAGS.accurateTransform : FLAGS.fastTransform) | (isSmooth ? 0 : FLAGS.fastUpsampling);
  if (size.channels === 1) return decompress(bytes, { ...size, format: PIXEL_FORMATS.grey, flags });
  if (components !== 4) return decompress(bytes, { ...size, format: PIXEL_FORMATS.rgb, flags });
  return coloursOf(decompress(bytes, { ...size, channels: 4, format: PIXEL_FORMATS.cmyk, flags }), isAdobe);
}

/** Colours of inks, as TensorFlow makes them: without a profile, in whole numbers. */
function coloursOf(inks: Uint8Array, isInverted: boolean): Uint8Array {
  const colours = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4, to += 3) {
    const black = inks[from + 3] as number;
    for (let ink = 0; ink < 3; ink++) {
      const value = inks[from + ink] as number;
      colours[to + ink] = isInverted ? (black * value) / 255 : ((255 - black) * (255 - value)) / 255;
    }
  }
  return colours;
}
