import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** As much of WebAssembly as is used here: its types come with those of browsers. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** TurboJPEG's functions that the WebAssembly build of libjpeg-turbo exports; numbers are addresses in its memory. */
interface TurboJpeg {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(size: number): number;
  free(address: number): void;
  tjInitDecompress(): number;
  tjDestroy(handle: number): number;
  tjDecompress2(
    handle: number,
    bytes: number,
    size: number,
    pixels: number,
    width: number,
    pitch: number,
    height: number,
    format: number,
    flags: number,
  ): number;
}

/** `TJPF_RGB`, `TJPF_GRAY` and `TJPF_CMYK` of turbojpeg.h. */
export const PIXEL_FORMATS = { rgb: 0, grey: 6, cmyk: 11 } as const;

/** `TJFLAG_FASTUPSAMPLE`, `TJFLAG_FASTDCT` and `TJFLAG_ACCURATEDCT` of turbojpeg.h. */
export const FLAGS = { fastUpsampling: 256, fastTransform: 2048, accurateTransform: 4096 } as const;

export interface Decompression {
  /** Of what comes out, which may be a half, a quarter or an eighth of what is in the file. */
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly format: number;
  readonly flags: number;
}

/** Memory of the library that is kept for the next image. */
const KEPT_BYTES = 2 ** 26;

let compiled: object | undefined;
let kept: TurboJpeg | undefined;

/**
 * The pixels of a JPEG, as whole as the library can read it: it repairs what it can.
 *
 * @throws Error for bytes that it cannot read at all, without its reason, which it prints to nowhere
 */
export function decompress(bytes: Uint8Array, { width, height, channels, format, flags }: Decompression): Uint8Array {
  const library = kept ?? instantiate();
  // What fails leaves the library as it is then, so it is not used again.
  kept = undefined;
  const size = width * height * channels;
  const [input, pixels] = [allocate(library, bytes.length), allocate(library, size)];
  new Uint8Array(library.memory.buffer, input, bytes.length).set(bytes);
  new Uint8Array(library.memory.buffer, pixels, size).fill(0);
  const handle = library.tjInitDecompress();
  library.tjDecompress2(handle, input, bytes.length, pixels, width, width * channels, height, format, flags);
  library.tjDestroy(handle);
  const result = new Uint8Array(library.memory.buffer, pixels, size).slice();
  library.free(input);
  library.free(pixels);
  if (library.memory.buffer.byteLength <= KEPT_BYTES) kept = library;
  return result;
}

function allocate(library: TurboJpeg, size: number): number {
  const address = library.malloc(size) >>> 0;
  if (address !== 0) return address;
  throw new Error(`There is no memory for ${size} bytes`);
}

/** The library calls these to tell that it cannot go on; it has no files and no environment. */
const IMPORTS = {
  env: { setjmp: () => 0, longjmp: fail },
  wasi_snapshot_preview1: {
    environ_sizes_get: () => 0,
    environ_get: fail,
    proc_exit: fail,
    fd_close: fail,
    fd_seek: fail,
    fd_write: fail,
  },
};

function fail(): never {
  throw new Error("libjpeg-turbo cannot read it");
}

function instantiate(): TurboJpeg {
  compiled ??= new WebAssembly.Module(
    readFileSync(createRequire(import.meta.url).resolve("@cwasm/jpeg-turbo/jpeg-turbo.wasm")),
  );
  return new WebAssembly.Instance(compiled, IMPORTS).exports as TurboJpeg;
}
