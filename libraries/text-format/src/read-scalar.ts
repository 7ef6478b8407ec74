import type { ScalarType } from "./message-type.js";
import type { ScalarValue } from "./read-message.js";
import type { TextValue } from "./text-message.js";

type Read = { readonly value: ScalarValue } | { readonly expected: string; readonly got: string };

const INTEGERS = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const;

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["True", true],
  ["t", true],
  ["false", false],
  ["False", false],
  ["f", false],
]);

/** What protobuf's own parser takes for a value of that type. */
export function readScalar(value: TextValue, type: ScalarType): Read {
  if (typeof type === "object") return readEnum(value, type.enum);
  switch (type) {
    case "string":
      return readText(value);
    case "bytes":
      return value.kind === "string"
        ? { value: value.value }
        : { expected: "a string in quotes", got: describe(value) };
    case "bool":
      return readBoolean(value);
    case "float":
    case "double":
      return readFloat(value);
    default:
      return readInteger(value, type);
  }
}

function readText(value: TextValue): Read {
  if (value.kind !== "string") return { expected: "a string in quotes", got: describe(value) };
  try {
    return { value: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value.value) };
  } catch {
    return { expected: "a string of UTF-8", got: "other bytes" };
  }
}

function readBoolean(value: TextValue): Read {
  const isBit = value.kind === "integer" && (value.value === 0n || value.value === 1n);
  const read = value.kind === "word" && !value.negative ? BOOLEANS.get(value.value) : undefined;
  if (isBit) return { value: value.value === 1n };
  return read === undefined ? { expected: "true or false", got: describe(value) } : { value: read };
}

function readInteger(value: TextValue, type: keyof typeof INTEGERS): Read {
  const [lowest, highest] = INTEGERS[type];
  if (value.kind !== "integer" || value.value < lowest || value.value > highest) {
    return { expected: `a whole number from ${lowest} to ${highest}`, got: describe(value) };
  }
  return { value: type.endsWith("64") ? value.value : Number(value.value) };
}

function readFloat(value: TextValue): Read {
  if (value.kind === "integer" || value.kind === "float") return { value: Number(value.value) };
  const word = value.kind === "word" ? value.value.toLowerCase() : "";
  const sign = value.kind === "word" && value.negative ? -1 : 1;
  if (word === "inf" || word === "infinity") return { value: sign * Number.POSITIVE_INFINITY };
  if (word === "nan") return { value: Number.NaN };
  return { expected: "a number", got: describe(value) };
}

function readEnum(value: TextValue, values: Readonly<Record<string, number>>): Read {
  const names = Object.keys(values);
  const named =
    value.kind === "integer"
      ? names.find((name) => values[name] === Number(value.value))
      : names.find((name) => value.kind === "word" && !value.negative && value.value === name);
  return named === undefined ? { expected: `one of ${names.join(", ")}`, got: describe(value) } : { value: named };
}

function describe(value: TextValue): string {
  switch (value.kind) {
    case "message":
      return "a message";
    case "string":
      return JSON.stringify(cut(new TextDecoder().decode(value.value)));
    case "word":
      return cut(`${value.negative ? "-" : ""}${value.value}`);
    default:
      return String(value.value);
  }
}

function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
