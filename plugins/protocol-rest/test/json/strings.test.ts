import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64 } from "../../src/json/base64.js";
import { closingQuote, textOf, unescaped } from "../../src/json/strings.js";

function read(text: string): string {
  const bytes = Buffer.from(text);
  const end = closingQuote(bytes, 0);
  expect(end).toBe(bytes.length - 1);
  expect(textOf(bytes, 1, end)).toBe(Buffer.from(unescaped(bytes.subarray(1, end))).toString());
  return textOf(bytes, 1, end);
}

describe("strings", () => {
  it("are those that JSON.parse reads, however they are escaped", () => {
    const escapeAll = (value: string) =>
      [...Array(value.length).keys()]
        .map((index) => `\\u${value.charCodeAt(index).toString(16).padStart(4, "0")}`)
        .join("");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        expect(read(JSON.stringify(value))).toBe(value);
        expect(read(`"${escapeAll(value)}"`)).toBe(value);
      }),
      { numRuns: 2000 },
    );
  });

  it("may use every short escape", () => {
    expect(read('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\uD83D\\uDE00"')).toBe('"\\/\b\f\n\r\té😀');
  });

  it.each([
    ["no end", '"abc', "closing quotation mark"],
    ["an escaped end", '"abc\\"', "closing quotation mark"],
    ["a control character", '"a\nb"', "Invalid character in string at offset: 2"],
    ["an unknown escape", '"\\x"', "Invalid escape character in string at offset: 2"],
    ["an escape at the end", '"\\', "Invalid escape character"],
    ["half of a hexadecimal", '"\\u00"', "Incorrect hex digit"],
    ["a high surrogate alone", '"\\ud83d"', "surrogate pair"],
    ["a high surrogate before another", '"\\ud83d\\ud83d"', "surrogate pair"],
    ["a low surrogate before another", '"\\ude00\\ude00"', "surrogate pair"],
    ["a low surrogate alone", '"\\ude00"', "surrogate pair"],
  ])("with %s are refused", (_, text, message) => {
    expect(() => closingQuote(Buffer.from(text), 0)).toThrow(message);
  });
});

describe("base64", () => {
  it("is read with and without its padding", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        const text = Buffer.from(data).toString("base64");
        expect(decodeBase64(text)).toEqual(data);
        expect(decodeBase64(text.replaceAll("=", ""))).toEqual(data);
      }),
    );
  });

  it.each([
    "a",
    "a===",
    "aGVsbG8==",
    "aGk=a",
    "aG=k",
    "ab-d",
    "ab_d",
    "aG k",
    "aGk\n",
    "aGkä",
    "=",
    "==",
    "====",
    "a*b=",
  ])("%j is none", (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});
