import { valueError } from "../value-error.js";

/** A decoded image, or the frames of one that moves: rows of pixels from the top, the channels of a pixel beside each other. */
export interface Image {
  /** `undefined` where the format has no frames. */
  readonly frames: number | undefined;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint16Array;
}

/** How many channels a model asks for; 0 for as many as the file has. */
export type Channels = 0 | 1 | 2 | 3 | 4;

/** Most values that an image may have: 89 megapixels in three colours, past which Pillow warns of decompression bombs. */
const MAX_VALUES = 2 ** 28;

/** @throws PlinthError `TENSOR_INVALID` for what a file claims to be and no server should make room for */
export function checkImageSize(format: string, ...lengths: readonly number[]): number {
  const values = lengths.reduce((product, length) => product * length, 1);
  if (values > 0 && values <= MAX_VALUES) return values;
  throw valueError(`Expected a ${format} of 1 to ${MAX_VALUES} values, got one of ${lengths.join("x")}`);
}
