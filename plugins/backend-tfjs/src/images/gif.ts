import { decompressFrame, type ParsedGif, parseGIF } from "gifuct-js";
import { valueError } from "../value-error.js";
import { type Channels, checkImageSize, type Image } from "./image.js";

type Frame = Extract<ParsedGif["frames"][number], { readonly image: unknown }>;
type Colours = ParsedGif["gct"];

export interface GifOptions {
  readonly channels: Channels;
  /** Whether only the first frame is wanted, as an image without frames. */
  readonly firstOnly: boolean;
}

/** Most pixels of one frame, whose indices the reader keeps in eight bytes each. */
const MAX_FRAME_PIXELS = 2 ** 24;

const COLOURS = 3;

/**
 * A GIF as TensorFlow reads it: each frame drawn over the one before, whatever it says of disposal, on a canvas as large as the largest.
 *
 * @throws PlinthError `TENSOR_INVALID` for what is no GIF, is damaged, or is too large
 */
export function decodeGif(bytes: Uint8Array, { channels, firstOnly }: GifOptions): Image {
  if (channels !== 0 && channels !== COLOURS) throw valueError(`Expected an image of ${channels} channels, got a GIF`);
  const { frames: all, colours } = parsed(bytes);
  const frames = firstOnly ? all.slice(0, 1) : all;
  if (frames.length === 0) throw valueError("Expected a GIF with at least one image");
  const [width, height] = (["width", "height"] as const).map((side) =>
    Math.max(...all.map(({ image }) => image.descriptor[side])),
  ) as [number, number];
  const size = checkImageSize("GIF", frames.length, height, width, COLOURS);
  if (width * height > MAX_FRAME_PIXELS)
    throw valueError(`Expected a GIF of at most ${MAX_FRAME_PIXELS} pixels, got ${width}x${height}`);
  const data = new Uint8Array(size);
  const stride = size / frames.length;
  for (const [index, frame] of frames.entries()) {
    const canvas = data.subarray(index * stride, (index + 1) * stride);
    if (index > 0) canvas.set(data.subarray((index - 1) * stride, index * stride));
    draw(frame, colours, canvas, { width, height });
  }
  return { frames: firstOnly ? undefined : frames.length, height, width, channels: COLOURS, data };
}

function parsed(bytes: Uint8Array): { readonly frames: readonly Frame[]; readonly colours: Colours } {
  try {
    const { frames, gct } = parseGIF(new Uint8Array(bytes).buffer);
    return { frames: frames.filter((each): each is Frame => "image" in each), colours: gct };
  } catch (cause) {
    throw valueError("The GIF is damaged or cut off", cause);
  }
}

function draw(
  frame: Frame,
  shared: Colours,
  canvas: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
): void {
  const { minCodeSize } = frame.image.data;
  if (!(minCodeSize >= 1 && minCodeSize <= 8)) throw valueError(`The GIF is damaged: no code has ${minCodeSize} bits`);
  const { pixels, dims, colorTable, transparentIndex } = decompressFrame(frame, shared, false);
  for (let y = 0; y < Math.min(dims.height, height - dims.top); y++) {
    for (let x = 0; x < Math.min(dims.width, width - dims.left); x++) {
      const index = pixels[y * dims.width + x] as number;
      if (index === transparentIndex) continue;
      const colour = colorTable?.[index];
      if (colour === undefined) throw valueError(`The GIF is damaged: it has no colour ${index}`);
      canvas.set(colour, ((dims.top + y) * width + dims.left + x) * COLOURS);
    }
  }
}
