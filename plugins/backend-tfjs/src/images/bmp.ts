import { valueError } from "../value-error.js";
import { type Channels, checkImageSize, type Image } from "./image.js";

const HEADER_BYTES = 54;

/**
 * A BMP as TensorFlow reads it: 8, 24 or 32 bits of a pixel as they are, without palettes and compression.
 *
 * @throws PlinthError `TENSOR_INVALID` for what is no such BMP, is cut off, or is too large
 */
export function decodeBmp(bytes: Uint8Array, asked: Channels): Image {
  if (bytes.length < HEADER_BYTES)
    throw valueError(`Expected a BMP, got ${bytes.length} bytes, fewer than its header has`);
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [begin, width, signedHeight, bits] = [
    file.readUInt32LE(10),
    file.readInt32LE(18),
    file.readInt32LE(22),
    file.readUInt16LE(28),
  ];
  const [height, inFile] = [Math.abs(signedHeight), bits / 8];
  if (inFile !== 1 && inFile !== 3 && inFile !== 4) {
    throw valueError(`Expected a BMP of 8, 24 or 32 bits a pixel, got one of ${bits}`);
  }
  const channels = asked === 0 ? inFile : asked;
  if (channels === 1 && inFile !== 1) throw valueError("Expected a grey image, got a BMP in colour");
  const size = checkImageSize("BMP", Math.max(width, 0), height, channels);
  const rowLength = Math.ceil((width * inFile) / 4) * 4;
  if (begin + rowLength * (height - 1) + width * inFile > file.length) {
    throw valueError("Expected a whole BMP, got one that is cut off");
  }
  const data = new Uint8Array(size);
  for (let y = 0; y < height; y++) {
    const line = signedHeight > 0 ? height - 1 - y : y;
    const row = file.subarray(begin + line * rowLength, begin + line * rowLength + width * inFile);
    copyRow(row, inFile, data.subarray(y * width * channels, (y + 1) * width * channels), channels);
  }
  return { frames: undefined, height, width, channels, data };
}

/** Blue comes first in the file. */
function copyRow(row: Uint8Array, inFile: number, data: Uint8Array, channels: number): void {
  for (let from = 0, to = 0; from < row.length; from += inFile, to += channels) {
    const blue = row[from] as number;
    data[to] = inFile === 1 ? blue : (row[from + 2] as number);
    if (channels === 1) continue;
    data[to + 1] = inFile === 1 ? blue : (row[from + 1] as number);
    data[to + 2] = blue;
    if (channels === 4) data[to + 3] = inFile === 4 ? (row[from + 3] as number) : 0xff;
  }
}
