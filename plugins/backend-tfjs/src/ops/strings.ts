import { isUtf8 } from "node:buffer";
import { elementBytes } from "@plinth/saved-model";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { boolOf, intOf, textOf, typeOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import type { Value } from "../graph/values.js";
import { constantToEngine, makeTensor } from "../tensors/to-engine.js";
import { valueError } from "../value-error.js";
import { bytesAt, integersAt, type Ops, plain, positiveAxis, tensorAt, tensorsOf } from "./kernels.js";
import { fromPattern, fromRewrite } from "./regular-expressions.js";

/** Characters of a string that a message shows. */
const SHOWN = 40;

const NOTHING = new Uint8Array();

export function stringTensor(strings: readonly Uint8Array[], shape: readonly number[]): Tensor {
  return makeTensor(strings, shape, "string");
}

export function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

export function toBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, "utf8");
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Text as JavaScript has it: of UTF-8, else a character for each byte. */
function toCharacters(bytes: Uint8Array): { readonly text: string; readonly encoding: BufferEncoding } {
  const encoding = isUtf8(bytes) ? "utf8" : "latin1";
  return { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding), encoding };
}

/** An op that changes each string on its own. */
const each =
  (change: (bytes: Uint8Array) => Uint8Array): ((inputs: readonly Value[]) => Tensor) =>
  (inputs) =>
    stringTensor(bytesAt(inputs, 0).map(change), tensorAt(inputs, 0).shape);

/** Letters of ASCII alone, unless the node says that its strings are UTF-8. */
const recased =
  (isUpper: boolean): CompileOp =>
  (node) => {
    if (textOf(node, "encoding", "") === "utf-8") {
      return each((bytes) => toBytes(isUpper ? toText(bytes).toUpperCase() : toText(bytes).toLowerCase()));
    }
    const [first, last] = isUpper ? [0x61, 0x7a] : [0x41, 0x5a];
    return each((bytes) => bytes.map((byte) => (byte >= first && byte <= last ? byte ^ 0x20 : byte)));
  };

const replaced = (bytes: Uint8Array, pattern: RegExp, rewrite: string): Uint8Array => {
  const { text, encoding } = toCharacters(bytes);
  const result = Buffer.from(text.replace(pattern, rewrite), encoding);
  return new Uint8Array(result.buffer, result.byteOffset, result.byteLength);
};

const staticReplace: CompileOp = (node) => {
  const pattern = fromPattern(textOf(node, "pattern"), boolOf(node, "replace_global", true) ? "gu" : "u");
  const rewrite = fromRewrite(textOf(node, "rewrite"));
  return each((bytes) => replaced(bytes, pattern, rewrite));
};

const replace: CompileOp = (node) => {
  const flags = boolOf(node, "replace_global", true) ? "gu" : "u";
  return (inputs) => {
    const pattern = fromPattern(toText(bytesAt(inputs, 1)[0] ?? NOTHING), flags);
    const rewrite = fromRewrite(toText(bytesAt(inputs, 2)[0] ?? NOTHING));
    return each((bytes) => replaced(bytes, pattern, rewrite))(inputs);
  };
};

const matches = (pattern: (inputs: readonly Value[]) => string): CompileOp =>
  plain((inputs) => {
    const whole = fromPattern(`^(?:${pattern(inputs)})$`, "u");
    const found = bytesAt(inputs, 0).map((bytes) => (whole.test(toCharacters(bytes).text) ? 1 : 0));
    return makeTensor(Uint8Array.from(found), tensorAt(inputs, 0).shape, "bool");
  });

/** Scalars stand beside tensors, once for each of their strings. */
const join: CompileOp = (node) => {
  const separator = toBytes(textOf(node, "separator", ""));
  return (inputs) => {
    const tensors = tensorsOf(inputs);
    const shape = tensors.find(({ rank }) => rank > 0)?.shape ?? [];
    const parts = tensors.map((tensor, index) => ({ isScalar: tensor.rank === 0, strings: bytesAt(inputs, index) }));
    const count = tf.util.sizeFromShape(shape);
    const joined = Array.from({ length: count }, (_, at) =>
      joinBytes(
        parts.map(({ isScalar, strings }) => strings[isScalar ? 0 : at] ?? NOTHING),
        separator,
      ),
    );
    return stringTensor(joined, shape);
  };
};

/** For each place of a shape, which element a tensor that is broadcast to it has there. */
function sourcesOf(shape: readonly number[], wide: readonly number[]): number[] {
  const lengths = [...new Array<number>(wide.length - shape.length).fill(1), ...shape];
  return wide.reduce<number[]>(
    (sources, length, axis) =>
      sources.flatMap((source) =>
        Array.from({ length }, (_, at) => source * (lengths[axis] as number) + (lengths[axis] === 1 ? 0 : at)),
      ),
    [0],
  );
}

/** What adding is to strings. */
export const concatenation: CompileOp = plain((inputs) => {
  const [a, b] = [tensorAt(inputs, 0), tensorAt(inputs, 1)];
  const shape = tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const [left, right] = [bytesAt(inputs, 0), bytesAt(inputs, 1)];
  const rightSources = sourcesOf(b.shape, shape);
  const joined = sourcesOf(a.shape, shape).map((source, at) =>
    joinBytes([left[source] ?? NOTHING, right[rightSources[at] as number] ?? NOTHING], NOTHING),
  );
  return stringTensor(joined, shape);
});

function joinBytes(parts: readonly Uint8Array[], separator: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [separator, part]))));
}

const length: CompileOp = (node) => {
  const isCharacters = textOf(node, "unit", "BYTE") === "UTF8_CHAR";
  return (inputs) => {
    const lengths = bytesAt(inputs, 0).map((bytes) => (isCharacters ? [...toText(bytes)].length : bytes.length));
    return makeTensor(Int32Array.from(lengths), tensorAt(inputs, 0).shape, "int32");
  };
};

const substring: CompileOp = (node) => {
  const isCharacters = textOf(node, "unit", "BYTE") === "UTF8_CHAR";
  return (inputs) => {
    const [positions, lengths] = [integersAt(inputs, 1), integersAt(inputs, 2)];
    const parts = bytesAt(inputs, 0).map((bytes, index) => {
      const units = isCharacters ? [...toText(bytes)] : bytes;
      const position = positions[positions.length === 1 ? 0 : index] ?? 0;
      const begin = position < 0 ? units.length + position : position;
      if (begin < 0 || begin > units.length)
        throw valueError(`The position ${position} is outside of a string of ${units.length}`);
      const end = begin + (lengths[lengths.length === 1 ? 0 : index] ?? 0);
      const part = units.slice(begin, end);
      return Array.isArray(part) ? toBytes(part.join("")) : (part as Uint8Array);
    });
    return stringTensor(parts, tensorAt(inputs, 0).shape);
  };
};

const reduceJoin: CompileOp = (node) => {
  const separator = toBytes(textOf(node, "separator", ""));
  const keepDims = boolOf(node, "keep_dims");
  return (inputs) => {
    const x = tensorAt(inputs, 0);
    const axes = integersAt(inputs, 1).map((axis) => positiveAxis(axis, x.rank));
    const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const strides = [...tf.util.computeStrides(x.shape), 1];
    const placesOf = (along: readonly number[]): number[] =>
      along.reduce<number[]>(
        (places, axis) =>
          places.flatMap((place) =>
            Array.from({ length: x.shape[axis] ?? 1 }, (_, at) => place + at * (strides[axis] ?? 1)),
          ),
        [0],
      );
    const [outer, inner, strings] = [placesOf(kept), placesOf(axes), bytesAt(inputs, 0)];
    const joined = outer.map((from) =>
      joinBytes(
        inner.map((by) => strings[from + by] ?? NOTHING),
        separator,
      ),
    );
    const shape = keepDims
      ? x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
      : kept.map((axis) => x.shape[axis] as number);
    return stringTensor(joined, shape);
  };
};

const asString: CompileOp = (node) => {
  const isFloat = typeOf(node, "T").startsWith("float");
  const precision = intOf(node, "precision", -1);
  const isBool = typeOf(node, "T") === "bool";
  return (inputs) => {
    const x = tensorAt(inputs, 0);
    const write = (value: number): string => {
      if (isBool) return value === 0 ? "false" : "true";
      return isFloat ? value.toFixed(precision < 0 ? 6 : precision) : String(value);
    };
    return stringTensor(
      Array.from(x.dataSync<"float32">(), (value) => toBytes(write(value))),
      x.shape,
    );
  };
};

const toNumber: CompileOp = (node) => {
  const isFloat = typeOf(node, "out_type", "float32").startsWith("float");
  return (inputs) => {
    const values = bytesAt(inputs, 0).map((bytes) => {
      const text = toText(bytes).trim();
      const value = /^[+-]?inf(?:inity)?$/i.test(text)
        ? Number.POSITIVE_INFINITY * (text.startsWith("-") ? -1 : 1)
        : Number(text);
      if (text === "" || (Number.isNaN(value) && !/^[+-]?nan$/i.test(text)))
        throw valueError(`Expected a number, got ${JSON.stringify(text.slice(0, SHOWN))}`);
      return value;
    });
    const data = isFloat ? Float32Array.from(values) : Int32Array.from(values);
    return makeTensor(data, tensorAt(inputs, 0).shape, isFloat ? "float32" : "int32");
  };
};

/** The bytes of strings of equal lengths as numbers. */
const decodeRaw: CompileOp = (node) => {
  const dtype = typeOf(node, "out_type");
  const width = elementBytes(dtype) ?? 1;
  return (inputs) => {
    const strings = bytesAt(inputs, 0);
    const length = strings[0]?.length ?? 0;
    if (length % width !== 0 || strings.some((bytes) => bytes.length !== length)) {
      throw valueError(`Expected strings of one length, a multiple of ${width}`);
    }
    const bytes = new Uint8Array(Buffer.concat(strings));
    return constantToEngine({
      dtype: dtype as "float32",
      shape: [...tensorAt(inputs, 0).shape, length / width],
      bytes,
    });
  };
};

/** The alphabet that is safe in addresses, with padding or without. */
function fromBase64(bytes: Uint8Array): Uint8Array {
  const text = toText(bytes);
  if (/^[\w-]*={0,2}$/.test(text) && text.replace(/=+$/, "").length % 4 !== 1) {
    return new Uint8Array(Buffer.from(text, "base64url"));
  }
  throw valueError(`Expected base64 of A-Z a-z 0-9 - _, got ${JSON.stringify(text.slice(0, SHOWN))}`);
}

/** Ops on byte strings. */
export const STRINGS: Ops = {
  AsString: asString,
  DecodeBase64: plain(each(fromBase64)),
  DecodeRaw: decodeRaw,
  EncodeBase64: (node) => {
    const isPadded = boolOf(node, "pad");
    return each((bytes) => {
      const text = Buffer.from(bytes).toString("base64url");
      return toBytes(isPadded ? text.padEnd(Math.ceil(text.length / 4) * 4, "=") : text);
    });
  },
  ReduceJoin: reduceJoin,
  RegexFullMatch: matches((inputs) => toText(bytesAt(inputs, 1)[0] ?? NOTHING)),
  RegexReplace: replace,
  StaticRegexFullMatch: (node, context, outputCount) => {
    const pattern = textOf(node, "pattern");
    return matches(() => pattern)(node, context, outputCount);
  },
  StaticRegexReplace: staticReplace,
  StringJoin: join,
  StringLength: length,
  StringLower: recased(false),
  StringStrip: plain(each((bytes) => toBytes(toText(bytes).replace(/^[\t-\r ]+|[\t-\r ]+$/g, "")))),
  StringToNumber: toNumber,
  StringUpper: recased(true),
  Substr: substring,
};
