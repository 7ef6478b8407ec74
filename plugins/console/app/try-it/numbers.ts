import type { DType } from "../api/signatures.js";

const INTEGER_BITS: Partial<Readonly<Record<DType, readonly [least: bigint, most: bigint]>>> = {
  int8: [-128n, 127n],
  int16: [-32_768n, 32_767n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 255n],
  uint16: [0n, 65_535n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const SPECIAL: Readonly<Record<string, string>> = {
  nan: "NaN",
  inf: "Infinity",
  infinity: "Infinity",
  "+inf": "Infinity",
  "+infinity": "Infinity",
  "-inf": "-Infinity",
  "-infinity": "-Infinity",
};
const TRUTHS: Readonly<Record<string, string>> = { true: "true", false: "false", "1": "true", "0": "false" };

/** The words of a text of numbers: between blanks, commas, semicolons and brackets. */
export function wordsOf(text: string): readonly string[] {
  return text.split(/[\s,;[\]]+/).filter((word) => word !== "");
}

/** One number, or truth value, as the server reads it from JSON. @throws RangeError saying what was expected */
export function numberJson(word: string, dtype: DType): string {
  if (dtype === "bool") return TRUTHS[word.toLowerCase()] ?? refuse(word, "neither true nor false");
  const range = INTEGER_BITS[dtype];
  if (range !== undefined) return integerJson(word, dtype, range);
  const special = SPECIAL[word.toLowerCase()];
  if (special !== undefined) return special;
  if (!NUMBER.test(word)) return refuse(word, "no number");
  // As JSON spells it: no plus, a digit on both sides of the point.
  return word
    .replace(/^\+/, "")
    .replace(/^(-?)\./, "$10.")
    .replace(/\.(?=e|$)/i, "")
    .replace(/^(-?)0+(?=\d)/, "$1");
}

function integerJson(word: string, dtype: DType, [least, most]: readonly [bigint, bigint]): string {
  if (!/^[+-]?\d+$/.test(word))
    return refuse(word, NUMBER.test(word) ? `no whole number, which ${dtype} takes` : "no number");
  const value = BigInt(word.replace(/^\+/, ""));
  return value < least || value > most
    ? refuse(word, `out of the range of ${dtype}: ${least} to ${most}`)
    : String(value);
}

function refuse(word: string, why: string): never {
  throw new RangeError(`“${word.slice(0, 40)}” is ${why}.`);
}
