import { describe, expect, it } from "vitest";
import { crc32c, mask } from "../../src/checkpoint/crc32c.js";

describe("CRC-32C", () => {
  // RFC 3720, B.4, and the usual check value.
  it.each<[what: string, bytes: Uint8Array, checksum: number]>([
    ["nothing", new Uint8Array(0), 0],
    ["the digits", Buffer.from("123456789"), 0xe3069283],
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 bytes of ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["32 ascending bytes", Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
  ])("of %s", (_, bytes, checksum) => {
    expect(crc32c(bytes)).toBe(checksum);
  });

  it("is the same wherever the bytes stand, and in parts", () => {
    const memory = Uint8Array.from({ length: 100 }, (_, index) => (index * 37) & 0xff);
    for (let start = 0; start < 9; start++) {
      for (let length = 0; length < 30; length++) {
        const bytes = memory.subarray(start, start + length);
        const copied = crc32c(Uint8Array.from(bytes));
        expect(crc32c(bytes)).toBe(copied);
        expect(crc32c(bytes.subarray(5), crc32c(bytes.subarray(0, 5)))).toBe(copied);
      }
    }
  });

  it("is masked as LevelDB does it", () => {
    expect(mask(0)).toBe(0xa282ead8);
    expect(mask(crc32c(Buffer.from("foo")))).toBe(
      (((crc32c(Buffer.from("foo")) >>> 15) | (crc32c(Buffer.from("foo")) << 17)) + 0xa282ead8) >>> 0,
    );
  });
});
