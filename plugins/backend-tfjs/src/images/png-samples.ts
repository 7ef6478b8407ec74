import { valueError } from "../value-error.js";
import { type PngChunks, type PngPass, passesOf, rowBytes } from "./png-chunks.js";

type Samples = Uint8Array | Uint16Array;

/** The samples of all pixels in turns, as numbers of the file's own depth. */
export function readSamples(chunks: PngChunks): Samples {
  const { width, height, depth, colour } = chunks;
  const size = width * height * colour.samples;
  const samples = depth === 16 ? new Uint16Array(size) : new Uint8Array(size);
  let at = 0;
  for (const pass of passesOf(chunks)) {
    const length = rowBytes(pass.width, chunks);
    const rows = chunks.rows.subarray(at, at + pass.height * (1 + length));
    readPass(rows, pass, chunks, samples);
    at += rows.length;
  }
  return samples;
}

function readPass(rows: Uint8Array, pass: PngPass, chunks: PngChunks, samples: Samples): void {
  const { depth, colour } = chunks;
  const length = rowBytes(pass.width, chunks);
  const step = Math.max(1, (colour.samples * depth) / 8);
  let above: Uint8Array = new Uint8Array(length);
  for (let y = 0; y < pass.height; y++) {
    const at = y * (1 + length);
    const row = rows.subarray(at + 1, at + 1 + length);
    unfilter(rows[at] as number, row, above, step);
    const unpacked = unpack(row, depth, pass.width * colour.samples);
    const begin = (pass.top + y * pass.down) * chunks.width + pass.left;
    if (pass.across === 1) samples.set(unpacked, begin * colour.samples);
    else scatter(unpacked, samples, begin, pass.across, colour.samples);
    above = row;
  }
}

function scatter(row: Samples, samples: Samples, begin: number, across: number, count: number): void {
  for (let from = 0; from < row.length; from++) {
    const x = Math.floor(from / count);
    samples[(begin + x * across) * count + (from - x * count)] = row[from] as number;
  }
}

/** Undoes a row's filter in place (section 9). */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array, step: number): void {
  const { length } = row;
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let at = step; at < length; at++) row[at] = (row[at] as number) + (row[at - step] as number);
      return;
    case 2:
      for (let at = 0; at < length; at++) row[at] = (row[at] as number) + (above[at] as number);
      return;
    case 3:
      for (let at = 0; at < length; at++) {
        const left = at < step ? 0 : (row[at - step] as number);
        row[at] = (row[at] as number) + ((left + (above[at] as number)) >> 1);
      }
      return;
    case 4:
      for (let at = 0; at < length; at++) {
        const [left, corner] = at < step ? [0, 0] : [row[at - step] as number, above[at - step] as number];
        row[at] = (row[at] as number) + paeth(left, above[at] as number, corner);
      }
      return;
    default:
      throw valueError(`The PNG is damaged: no row has the filter ${filter}`);
  }
}

/** Whichever of its neighbours is nearest to where the three of them point. */
function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

function unpack(row: Uint8Array, depth: number, count: number): Samples {
  if (depth === 8) return row;
  const samples = depth === 16 ? new Uint16Array(count) : new Uint8Array(count);
  const [perByte, mask] = [8 / depth, (1 << depth) - 1];
  for (let at = 0; at < count; at++) {
    if (depth === 16) samples[at] = ((row[2 * at] as number) << 8) | (row[2 * at + 1] as number);
    else samples[at] = ((row[Math.floor(at / perByte)] as number) >> (8 - depth * ((at % perByte) + 1))) & mask;
  }
  return samples;
}
