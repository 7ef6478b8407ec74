import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import type { Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { readJson } from "./golden.js";
import { OWN_MODELS } from "./loading.js";
import { int, runOp, type } from "./running-ops.js";

const fileTensor = (bytes: Uint8Array): Tensor => ({ dtype: "string", shape: [], data: [bytes] });

function decode(bytes: Uint8Array, op = "DecodeImage"): Promise<readonly Tensor[]> {
  return runOp(op, [fileTensor(bytes)], {}, ["uint8"]);
}

function segment(marker: number, ...content: readonly number[]): readonly number[] {
  return [0xff, marker, 0, content.length + 2, ...content];
}

/** A JPEG that says how large it is, and has passes but no pixels. */
function jpegClaiming(width: number, height: number, passes = 1): Uint8Array {
  const sides = [height >> 8, height & 0xff, width >> 8, width & 0xff];
  const frame = segment(0xc2, 8, ...sides, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0);
  const scan = segment(0xda, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0);
  return Uint8Array.from([0xff, 0xd8, ...frame, ...new Array(passes).fill(scan).flat(), 0xff, 0xd9]);
}

function chunk(kind: string, content: Uint8Array): Uint8Array {
  const named = Buffer.concat([Buffer.from(kind), content]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(content.length);
  numbers.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([numbers.subarray(0, 4), named, numbers.subarray(4)]);
}

/** A grey PNG of 8 bits with these bytes as its rows. */
function png(width: number, height: number, rows: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function bmp(width: number, height: number, bits: number): Uint8Array {
  const file = Buffer.alloc(60);
  file.write("BM");
  file.writeUInt32LE(54, 10);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(bits, 28);
  return file;
}

function gif(width: number, height: number, codeBits: number, frames = 1): Uint8Array {
  const sides = [width & 0xff, width >> 8, height & 0xff, height >> 8];
  const frame = [0x2c, 0, 0, 0, 0, ...sides, 0, codeBits, 1, 0, 0];
  const content = new Array(frames).fill(frame).flat();
  return Uint8Array.from([...Buffer.from("GIF89a"), ...sides, 0, 0, 0, ...content, 0x3b]);
}

/** Files of all formats, which TensorFlow decoded. */
function goldenFiles(): readonly Uint8Array[] {
  const cases = readJson<readonly { readonly inputs: { readonly file?: { readonly b64: string } } }[]>(
    join(OWN_MODELS, "images", "golden.json"),
  );
  return cases.flatMap(({ inputs }) => (inputs.file === undefined ? [] : [Buffer.from(inputs.file.b64, "base64")]));
}

describe("images that cannot be decoded", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(), /Expected the bytes of a JPEG, PNG, GIF or BMP, got 0 others/],
    ["no image", Buffer.from("hello"), /got 5 others: over REST they are sent as \{"b64": "..."\}/],
    ["a JPEG without a header", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), /without the header of one/],
    ["a JPEG past memory", jpegClaiming(60_000, 60_000), /JPEG of 1 to 268435456 values, got one of 60000x60000x3/],
    ["a JPEG of no size", jpegClaiming(0, 5), /got one of 0x5x3/],
    ["a JPEG of many passes", jpegClaiming(8000, 8000, 20), /fewer passes over 8000x8000 pixels, got 20/],
    ["a JPEG that is cut off", jpegClaiming(8, 8).subarray(0, -2), /one that is cut off/],
    ["a JPEG without pixels", jpegClaiming(8, 8), /JPEG of 8x8 pixels could not be decoded/],
    ["a PNG past memory", png(60_000, 60_000, new Uint8Array()), /PNG of 1 to 268435456 values/],
    ["a PNG of more bytes than pixels", png(2, 2, new Uint8Array(10_000)), /could not be inflated/],
    ["a PNG of fewer", png(2, 2, new Uint8Array(5)), /expected 6 bytes of pixels, got 5/],
    ["a PNG of an unknown filter", png(1, 1, Uint8Array.of(9, 0)), /no row has the filter 9/],
    ["a PNG without its end", png(1, 1, new Uint8Array(2)).subarray(0, -6), /one that is cut off/],
    ["a BMP past memory", bmp(2 ** 30, -(2 ** 30), 24), /BMP of 1 to 268435456 values/],
    ["a BMP of palettes", bmp(1, 1, 4), /8, 24 or 32 bits a pixel, got one of 4/],
    ["a BMP that is cut off", bmp(20, 20, 24), /one that is cut off/],
    ["a GIF past memory", gif(60_000, 60_000, 8), /GIF of 1 to 268435456 values/],
    ["a GIF of many frames", gif(2000, 2000, 8, 50), /got one of 50x2000x2000x3/],
    ["a GIF of codes past bytes", gif(1, 1, 40), /no code has 40 bits/],
    ["a GIF without images", gif(1, 1, 8, 0), /at least one image/],
  ])("%s is the client's mistake", async (_, bytes, message) => {
    await expect(decode(bytes)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "TENSOR_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ["DecodeJpeg", bmp(1, 1, 24), /DecodeJpeg does not take a BMP/],
    ["DecodeBmp", png(1, 1, new Uint8Array(2)), /DecodeBmp does not take a PNG/],
  ])("%s names the format that it does not take", async (op, bytes, message) => {
    await expect(decode(bytes, op)).rejects.toMatchObject({
      reason: "TENSOR_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it("are found out in whatever place they are damaged, and the next one is decoded", async () => {
    const files = goldenFiles();
    const whole = await Promise.all(files.map((file) => decode(file)));
    for (const [index, file] of files.entries()) {
      for (let at = 1; at < file.length; at += 17) {
        const damaged = Uint8Array.from(file);
        damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
        await decode(damaged).catch((error: unknown) => expect(error).toMatchObject({ reason: "TENSOR_INVALID" }));
      }
      expect(await decode(file)).toEqual(whole[index]);
    }
  });
});

it.each<[string, Tensor]>([
  ["uint8", { dtype: "uint8", shape: [2, 3, 2, 3], data: Uint8Array.from({ length: 36 }, (_, at) => (at * 37) % 256) }],
  ["uint16", { dtype: "uint16", shape: [1, 2, 5, 4], data: Uint16Array.from({ length: 40 }, (_, at) => at * 1601) }],
])("images of %s that are encoded are the same when they are decoded", async (_, images) => {
  const dtype = images.dtype as "uint8" | "uint16";
  const [files] = await runOp("EncodePng", [images], { T: type(dtype) }, ["string"]);
  const [batch = 0, ...shape] = images.shape;
  expect(files?.shape).toEqual([batch]);
  for (const [at, file] of ((files?.data ?? []) as Uint8Array[]).entries()) {
    const [image] = await runOp("DecodePng", [fileTensor(file)], { dtype: type(dtype) }, [dtype]);
    const size = images.data.length / batch;
    expect(image).toEqual({ dtype, shape, data: images.data.slice(at * size, (at + 1) * size) });
  }
});

it("a part that is not within the image is refused", async () => {
  const [file = new Uint8Array()] = goldenFiles();
  const window: Tensor = { dtype: "int32", shape: [4], data: Int32Array.of(0, 0, 100, 1) };
  const cropping = runOp("DecodeAndCropJpeg", [fileTensor(file), window], { channels: int(3) }, ["uint8"]);
  await expect(cropping).rejects.toMatchObject({ name: "PlinthError" });
});
