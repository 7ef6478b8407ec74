import { describe, expect, it } from "vitest";
import { unpackSnappy } from "../../src/checkpoint/snappy.js";

const text = (...parts: (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Uint8Array.of(part))));

describe("a block of Snappy", () => {
  it.each<[what: string, packed: Uint8Array, unpacked: string]>([
    ["of nothing", text(0), ""],
    ["of a literal", text(3, 2 << 2, "abc"), "abc"],
    ["of a long literal", text(70, 60 << 2, 69, "x".repeat(70)), "x".repeat(70)],
    ["with a near copy", text(7, 2 << 2, "abc", (0 << 2) | 1, 3), "abcabca"],
    ["with a copy that overlaps itself", text(5, 0, "a", (0 << 2) | 1, 1), "aaaaa"],
    ["with a copy of two bytes' offset", text(6, 2 << 2, "abc", (2 << 2) | 2, 3, 0), "abcabc"],
    ["with a copy of four bytes' offset", text(6, 2 << 2, "abc", (2 << 2) | 3, 3, 0, 0, 0), "abcabc"],
  ])("%s", (_, packed, unpacked) => {
    expect(Buffer.from(unpackSnappy(packed, 1000)).toString()).toBe(unpacked);
  });

  it.each<[what: string, packed: Uint8Array, reason: string]>([
    ["without a length", new Uint8Array(0), "FILE_INVALID"],
    ["cut off in a literal", text(3, 2 << 2, "ab"), "FILE_INVALID"],
    ["cut off in a copy", text(6, 2 << 2, "abc", (2 << 2) | 2, 3), "FILE_INVALID"],
    ["shorter than it says", text(4, 2 << 2, "abc"), "FILE_INVALID"],
    ["longer than it says", text(2, 2 << 2, "abc"), "FILE_INVALID"],
    ["with a copy from before its beginning", text(7, 2 << 2, "abc", 1, 4), "FILE_INVALID"],
    ["with a copy of itself", text(7, 2 << 2, "abc", 1, 0), "FILE_INVALID"],
    ["of more than is wanted", text(0xff, 0xff, 0xff, 0xff, 0x0f), "TOO_LARGE"],
  ])("%s is refused", (_, packed, reason) => {
    expect(() => unpackSnappy(packed, 1000)).toThrow(expect.objectContaining({ reason }));
  });
});
