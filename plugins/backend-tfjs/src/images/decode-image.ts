import { valueError } from "../value-error.js";
import { decodeBmp } from "./bmp.js";
import { decodeGif, type GifOptions } from "./gif.js";
import type { Image } from "./image.js";
import { decodeJpeg, type JpegOptions } from "./jpeg.js";
import { decodePng, type PngOptions } from "./png.js";
import { isPng } from "./png-chunks.js";

export type ImageFormat = "JPEG" | "PNG" | "GIF" | "BMP";

export type ImageOptions = JpegOptions & PngOptions & GifOptions;

/** Told by its first bytes, as TensorFlow does, whatever the op that it is given to is called. */
export function formatOf(bytes: Uint8Array): ImageFormat | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "JPEG";
  if (isPng(bytes)) return "PNG";
  const text = String.fromCharCode(...bytes.subarray(0, 4));
  if (text === "GIF8") return "GIF";
  return text.startsWith("BM") ? "BMP" : undefined;
}

/** @throws PlinthError `TENSOR_INVALID` for what is no image, is damaged or cut off, or is too large */
export function decodeImage(bytes: Uint8Array, options: ImageOptions): Image {
  const format = formatOf(bytes);
  switch (format) {
    case "JPEG":
      return decodeJpeg(bytes, options);
    case "PNG":
      return decodePng(bytes, options);
    case "BMP":
      return decodeBmp(bytes, options.channels);
    case "GIF":
      return decodeGif(bytes, options);
    case undefined:
      throw valueError(
        `Expected the bytes of a JPEG, PNG, GIF or BMP, got ${bytes.length} others: over REST they are sent as {"b64": "..."}`,
      );
  }
}
