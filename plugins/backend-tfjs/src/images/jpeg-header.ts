import { valueError } from "../value-error.js";

/** What is known of a JPEG before it is decoded (ITU-T T.81, annex B). */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 for grey, 3 for colours, 4 for inks. */
  readonly components: number;
  /** Whether Adobe wrote it, whose inks are upside down. */
  readonly isAdobe: boolean;
  /** Passes over the image; a progressive one has several. */
  readonly scans: number;
  /** Whether it ends as it should. */
  readonly isWhole: boolean;
}

const MARKER = { START: 0xd8, END: 0xd9, SCAN: 0xda, ADOBE: 0xee } as const;

/** Walks the markers, without looking into what lies between them. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let frame: Pick<JpegHeader, "width" | "height" | "components"> | undefined;
  let [isAdobe, isWhole, scans] = [false, false, 0];
  for (let at = file.indexOf(0xff); at !== -1 && at + 1 < file.length; at = file.indexOf(0xff, at)) {
    const marker = file[at + 1] as number;
    at += marker === 0xff ? 1 : 2;
    if (marker === MARKER.END) {
      isWhole = true;
      break;
    }
    if (!hasLength(marker)) continue;
    if (at + 2 > file.length) break;
    const segment = file.subarray(at + 2, at + file.readUInt16BE(at));
    if (isFrame(marker) && segment.length >= 6) {
      frame ??= { height: segment.readUInt16BE(1), width: segment.readUInt16BE(3), components: segment[5] as number };
    }
    if (marker === MARKER.ADOBE && segment.subarray(0, 5).equals(ADOBE)) isAdobe = true;
    if (marker === MARKER.SCAN) scans++;
    at += 2 + segment.length;
  }
  if (frame === undefined)
    throw valueError("Expected a JPEG, got bytes without the header of one: they may be cut off");
  return { ...frame, isAdobe, scans, isWhole };
}

const ADOBE = Buffer.from("Adobe");

/** Restarts, fill bytes, and bytes of the image that are no marker, have nothing behind them. */
function hasLength(marker: number): boolean {
  return marker >= 0xc0 && marker !== 0xff && marker !== MARKER.START && !(marker >= 0xd0 && marker <= 0xd7);
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
