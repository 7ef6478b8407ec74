import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { OpenFile } from "../src/onnx-file/byte-source.js";
import { FieldReader } from "../src/onnx-file/field-reader.js";
import { bytesField, numberField } from "./protobuf.js";

const MAX_BYTES = 10_000;

describe("the reader of protobuf fields", () => {
  it("reads texts and numbers wherever its buffer ends", () => {
    const texts = Array.from({ length: 500 }, (_, index) => `${index}:`.padEnd(1 + ((index * 37) % 997), "é"));
    const reader = readerOf(texts.flatMap((text, index) => [bytesField(1, text), numberField(2, index * 2 ** 40)]));
    expect(reader.bytes).toBeGreaterThan(3 * 64 * 1024);
    for (const [index, text] of texts.entries()) {
      const field = reader.next(reader.bytes) ?? expect.fail("a text is missing");
      expect(reader.text(field, MAX_BYTES)).toBe(text);
      expect(reader.next(reader.bytes)).toMatchObject({ number: 2, value: index * 2 ** 40 });
    }
    expect(reader.next(reader.bytes)).toBeUndefined();
  });

  it("skips content that nobody asks for, and goes back into it", () => {
    const inner = bytesField(7, "inner");
    const reader = readerOf([bytesField(1, Buffer.concat([inner, Buffer.alloc(200_000)])), bytesField(2, "after")]);
    const outer = reader.next(reader.bytes) ?? expect.fail("no field");
    const after = reader.next(reader.bytes) ?? expect.fail("no second field");
    expect(reader.text(after, MAX_BYTES)).toBe("after");
    reader.enter(outer);
    const field = reader.next(outer.end) ?? expect.fail("no field inside");
    expect(reader.text(field, MAX_BYTES)).toBe("inner");
  });

  it("passes over fields of fixed size", () => {
    const reader = readerOf([Buffer.from([0x09, ...Array(8).fill(1), 0x0d, ...Array(4).fill(1)]), numberField(3, 5)]);
    const numbers = [reader.next(reader.bytes), reader.next(reader.bytes), reader.next(reader.bytes)];
    expect(numbers).toMatchObject([{ number: 1 }, { number: 1 }, { number: 3, value: 5 }]);
  });

  it("reads no text that is longer than asked for", () => {
    const reader = readerOf([bytesField(1, "x".repeat(MAX_BYTES + 1))]);
    const field = reader.next(reader.bytes) ?? expect.fail("no field");
    expect(() => reader.text(field, MAX_BYTES)).toThrow(/at most 10000/);
  });

  it.each([
    ["a number without an end", Buffer.alloc(11, 0xff), /too long/],
    ["a number that is cut off", Buffer.from([0x08, 0x80]), /cut off/],
    ["field number 0", Buffer.from([0x00, 0x01]), /no protobuf field/],
    ["a group", Buffer.from([0x0b]), /wire type 3/],
    ["a length past the end", Buffer.from([0x0a, 5, 1]), /5 bytes, but only 1 follow/],
  ])("refuses %s", (_, content, message) => {
    const reader = readerOf([content]);
    expect(() => reader.next(reader.bytes)).toThrow(message);
  });

  it("refuses a field that leaves its message, though the file goes on", () => {
    const reader = readerOf([bytesField(1, Buffer.from([0x0a, 5])), bytesField(2, "after")]);
    const outer = reader.next(reader.bytes) ?? expect.fail("no field");
    reader.enter(outer);
    expect(() => reader.next(outer.end)).toThrow(/5 bytes, but only 0 follow/);
  });
});

function readerOf(parts: readonly Buffer[]): FieldReader {
  const directory = mkdtempSync(join(tmpdir(), "plinth-test-"));
  writeFileSync(join(directory, "file"), Buffer.concat(parts));
  const source = new OpenFile(join(directory, "file"));
  onTestFinished(() => {
    source.close();
    rmSync(directory, { recursive: true });
  });
  return new FieldReader(source);
}
