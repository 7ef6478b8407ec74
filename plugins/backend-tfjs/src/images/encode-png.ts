import { crc32, deflateSync } from "node:zlib";
import type { Image } from "./image.js";
import { SIGNATURE } from "./png-chunks.js";

/** Colour types of a PNG by channels. */
const COLOUR_TYPES = [undefined, 0, 4, 2, 6] as const;

/** Each row as what differs from the pixel to its left, which deflates better than the row itself. */
const FILTER = 1;

/** A still image of 1 to 4 channels as a PNG of as many bits as its values have. Its bytes are not those of libpng, its pixels are. */
export function encodePng({ height, width, channels, data }: Image, level: number): Uint8Array {
  const bytes = data instanceof Uint16Array ? bigEndian(data) : data;
  const depth = data instanceof Uint16Array ? 16 : 8;
  const [step, length] = [(channels * depth) / 8, (width * channels * depth) / 8];
  const rows = new Uint8Array(height * (1 + length));
  for (let y = 0; y < height; y++) {
    const row = bytes.subarray(y * length, (y + 1) * length);
    const to = y * (1 + length);
    rows[to] = FILTER;
    for (let at = 0; at < length; at++) {
      rows[to + 1 + at] = (row[at] as number) - (at < step ? 0 : (row[at - step] as number));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  header[9] = COLOUR_TYPES[channels] ?? 0;
  return new Uint8Array(
    Buffer.concat([
      SIGNATURE,
      chunk("IHDR", header),
      chunk("IDAT", deflateSync(rows, { level })),
      chunk("IEND", Buffer.alloc(0)),
    ]),
  );
}

function bigEndian(values: Uint16Array): Uint8Array {
  const bytes = Buffer.alloc(values.length * 2);
  for (let at = 0; at < values.length; at++) bytes.writeUInt16BE(values[at] as number, at * 2);
  return bytes;
}

function chunk(kind: string, content: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(kind, "latin1"), content]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}
