import { crc32, inflateSync } from "node:zlib";
import { valueError } from "../value-error.js";
import { checkImageSize } from "./image.js";

/** The parts of a PNG that its pixels are made of (W3C PNG, section 5 and 11). */
export interface PngChunks {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly colour: PngColour;
  readonly isInterlaced: boolean;
  /** Colours in threes. */
  readonly palette: Uint8Array;
  /** What is seen through: alphas of the palette's colours, or one colour in samples of 16 bits. */
  readonly transparency: Buffer | undefined;
  /** Inflated: a filter and its row in turns. */
  readonly rows: Uint8Array;
}

interface PngColour {
  readonly samples: number;
  readonly isGrey: boolean;
  readonly isPalette: boolean;
  readonly hasAlpha: boolean;
  readonly depths: readonly number[];
}

const COLOURS: Readonly<Record<number, PngColour>> = {
  0: { samples: 1, isGrey: true, isPalette: false, hasAlpha: false, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, isGrey: false, isPalette: false, hasAlpha: false, depths: [8, 16] },
  3: { samples: 1, isGrey: false, isPalette: true, hasAlpha: false, depths: [1, 2, 4, 8] },
  4: { samples: 2, isGrey: true, isPalette: false, hasAlpha: true, depths: [8, 16] },
  6: { samples: 4, isGrey: false, isPalette: false, hasAlpha: true, depths: [8, 16] },
};

/** Where the pixels of each of seven passes begin and how far apart they are (section 8). */
const ADAM7 = [
  { left: 0, top: 0, across: 8, down: 8 },
  { left: 4, top: 0, across: 8, down: 8 },
  { left: 0, top: 4, across: 4, down: 8 },
  { left: 2, top: 0, across: 4, down: 4 },
  { left: 0, top: 2, across: 2, down: 4 },
  { left: 1, top: 0, across: 2, down: 2 },
  { left: 0, top: 1, across: 1, down: 2 },
] as const;

/** Part of a PNG's pixels, in rows of its own. */
export interface PngPass {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
  readonly width: number;
  readonly height: number;
}

export const SIGNATURE: Buffer = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.equals(bytes.subarray(0, SIGNATURE.length));
}

/** @throws PlinthError `TENSOR_INVALID` for what is damaged, cut off, or too large */
export function readPngChunks(bytes: Uint8Array): PngChunks {
  const found = chunksOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const header = found.get("IHDR")?.[0];
  if (header?.length !== 13) throw valueError("Expected a PNG, got one without a header");
  const colour = COLOURS[header[9] as number];
  const [width, height, depth] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8] as number];
  if (colour?.depths.includes(depth) !== true || header[10] !== 0 || header[11] !== 0 || (header[12] as number) > 1) {
    throw valueError(`Expected a PNG, got a header that no PNG has: ${header.subarray(8).join(" ")}`);
  }
  checkImageSize("PNG", width, height, colour.samples);
  const isInterlaced = header[12] === 1;
  return {
    width,
    height,
    depth,
    colour,
    isInterlaced,
    palette: found.get("PLTE")?.[0] ?? Buffer.alloc(0),
    transparency: found.get("tRNS")?.[0],
    rows: inflated(Buffer.concat(found.get("IDAT") ?? []), { width, height, depth, colour, isInterlaced }),
  };
}

/** The contents of each kind of chunk, up to the end. What need not be read is left out where its checksum is wrong. */
function chunksOf(file: Buffer): ReadonlyMap<string, readonly Buffer[]> {
  const chunks = new Map<string, Buffer[]>();
  for (let at = SIGNATURE.length; at + 12 <= file.length; ) {
    const end = at + 8 + file.readUInt32BE(at);
    if (end + 4 > file.length) break;
    const kind = file.toString("latin1", at + 4, at + 8);
    const isNeeded = kind.charAt(0) === kind.charAt(0).toUpperCase();
    if (crc32(file.subarray(at + 4, end)) === file.readUInt32BE(end)) {
      const contents = chunks.get(kind);
      if (contents === undefined) chunks.set(kind, [file.subarray(at + 8, end)]);
      else contents.push(file.subarray(at + 8, end));
    } else if (isNeeded) throw valueError(`The PNG is damaged: the checksum of its ${kind} is wrong`);
    if (kind === "IEND") return chunks;
    at = end + 4;
  }
  throw valueError("Expected a whole PNG, got one that is cut off");
}

type Layout = Pick<PngChunks, "width" | "height" | "depth" | "colour" | "isInterlaced">;

export function passesOf({
  width,
  height,
  isInterlaced,
}: Pick<Layout, "width" | "height" | "isInterlaced">): PngPass[] {
  const passes = isInterlaced ? ADAM7 : [{ left: 0, top: 0, across: 1, down: 1 }];
  return passes
    .map((pass) => ({
      ...pass,
      width: Math.max(0, Math.ceil((width - pass.left) / pass.across)),
      height: Math.max(0, Math.ceil((height - pass.top) / pass.down)),
    }))
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Bytes of a row, without its filter. */
export function rowBytes(width: number, { depth, colour }: Pick<Layout, "depth" | "colour">): number {
  return Math.ceil((width * colour.samples * depth) / 8);
}

/** No more than the header says there is. */
function inflated(data: Buffer, layout: Layout): Uint8Array {
  const size = passesOf(layout).reduce((sum, { width, height }) => sum + height * (1 + rowBytes(width, layout)), 0);
  let rows: Buffer;
  try {
    rows = inflateSync(data, { maxOutputLength: size });
  } catch (cause) {
    throw valueError("The PNG is damaged or cut off: its pixels could not be inflated", cause);
  }
  if (rows.length === size) return rows;
  throw valueError(`The PNG is cut off: expected ${size} bytes of pixels, got ${rows.length}`);
}
