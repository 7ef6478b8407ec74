import { TextFormatError, type TextPosition } from "./text-format-error.js";

const SIMPLE: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  "\\": 92,
  "'": 39,
  '"': 34,
  "?": 63,
};

const PARTS =
  /[^\\]+|\\(?:(?<simple>[abtnvfr\\'"?])|(?<octal>[0-7]{1,3})|[xX](?<hex>[0-9a-fA-F]{1,2})|u(?<short>[0-9a-fA-F]{4})|U(?<long>[0-9a-fA-F]{8}))|(?<wrong>\\)/gu;

/** The bytes that stand between the quotes of a literal. `at` is where the literal begins. */
export function unescapeLiteral(text: string, at: TextPosition): Uint8Array {
  if (!text.includes("\\")) return Buffer.from(text, "utf8");
  const joined = text.replaceAll(/\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})/gi, (_pair, high, low) =>
    String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16)),
  );
  return Buffer.concat([...joined.matchAll(PARTS)].map((part) => bytesOf(part, at)));
}

function bytesOf({ 0: literal, groups = {} }: RegExpExecArray, at: TextPosition): Uint8Array {
  const { simple, octal, hex, short, long, wrong } = groups;
  if (simple !== undefined) return Uint8Array.of(SIMPLE[simple] ?? 0);
  if (octal !== undefined) return byteOf(Number.parseInt(octal, 8), literal, at);
  if (hex !== undefined) return byteOf(Number.parseInt(hex, 16), literal, at);
  const digits = short ?? long;
  if (digits !== undefined) return codePoint(Number.parseInt(digits, 16), literal, at);
  if (wrong !== undefined) {
    throw new TextFormatError(at, "this string has a backslash that begins no escape; write \\\\ for a backslash");
  }
  return Buffer.from(literal, "utf8");
}

function byteOf(value: number, literal: string, at: TextPosition): Uint8Array {
  if (value > 0xff) throw new TextFormatError(at, `this string has the escape ${literal}, which is more than a byte`);
  return Uint8Array.of(value);
}

function codePoint(value: number, literal: string, at: TextPosition): Uint8Array {
  if (value > 0x10_ff_ff || (value >= 0xd8_00 && value <= 0xdf_ff)) {
    throw new TextFormatError(at, `this string has the escape ${literal}, which is no character`);
  }
  return Buffer.from(String.fromCodePoint(value), "utf8");
}
