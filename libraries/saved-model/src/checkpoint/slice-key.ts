import type { Extent } from "../messages/bundle-message.js";

/** Begins an encoded number of as many bytes as its place, least first byte first in each pair. */
const LENGTH_MARKS: readonly (readonly [number, number])[] = [
  [0, 0],
  [0x80, 0],
  [0xc0, 0],
  [0xe0, 0],
  [0xf0, 0],
  [0xf8, 0],
  [0xfc, 0],
  [0xfe, 0],
  [0xff, 0],
  [0xff, 0x80],
  [0xff, 0xc0],
];

/**
 * The key under which one slice of a variable stands, in `latin1`: TensorFlow's `EncodeTensorNameSlice`, which writes strings and
 * numbers so that their bytes sort as they do (`OrderedCode`).
 */
export function sliceKey(name: string, extents: readonly Extent[]): string {
  const numbers = extents.flatMap(({ start, length }) => [start, length ?? -1]);
  return [
    unsigned(0),
    escaped(Buffer.from(name).toString("latin1")),
    unsigned(extents.length),
    ...numbers.map((number) => signed(number)),
  ].join("");
}

function escaped(text: string): string {
  const inside = text
    .replaceAll("\u00ff", "\u00ff\u0001")
    .replaceAll("\0", "\0\u00ff")
    .replaceAll("\u00ff\u0001", "\u00ff\0");
  return `${inside}\0\u0001`;
}

function unsigned(value: number): string {
  const bytes = value === 0 ? "" : Buffer.from(evenHex(value), "hex").toString("latin1");
  return String.fromCharCode(bytes.length) + bytes;
}

function evenHex(value: number): string {
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

function signed(value: number): string {
  const bytes = Buffer.alloc(10, value < 0 ? 0xff : 0);
  bytes.writeBigInt64BE(BigInt(value), 2);
  const magnitude = value < 0 ? -1 - value : value;
  const bits = magnitude === 0 ? 0 : Math.floor(Math.log2(magnitude)) + 1;
  const length = Math.floor(bits / 7) + 1;
  const begin = bytes.subarray(10 - length);
  const [first, second] = LENGTH_MARKS[length] as readonly [number, number];
  begin[0] = (begin[0] as number) ^ first;
  if (length > 1) begin[1] = (begin[1] as number) ^ second;
  return begin.toString("latin1");
}
