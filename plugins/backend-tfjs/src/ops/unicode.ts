import { isUtf8 } from "node:buffer";
import { PlinthError } from "@plinth/core";
import type { GraphNode } from "@plinth/saved-model";
import { boolOf, intOf, textOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { valueError } from "../value-error.js";
import { integerVector } from "./elements.js";
import { bytesAt, integersAt, nameOf, type Ops, tensorAt } from "./kernels.js";
import { stringTensor, toBytes, toText } from "./strings.js";

const REPLACEMENT = 0xfffd;

/** What a node does with what is no character. */
interface Faults {
  /** What stands for one; `undefined` where they are left out. */
  readonly substitute: string | undefined;
  readonly isStrict: boolean;
}

function faultsOf(node: GraphNode): Faults {
  const errors = textOf(node, "errors", "replace");
  const substitute =
    errors === "replace" ? String.fromCodePoint(intOf(node, "replacement_char", REPLACEMENT)) : undefined;
  return { substitute, isStrict: errors === "strict" };
}

/** @throws PlinthError `MODEL_UNSUPPORTED` for encodings other than UTF-8 */
function checkEncoding(node: GraphNode, name: string): void {
  const encoding = textOf(node, name, "UTF-8");
  if (/^utf-?8$/i.test(encoding)) return;
  throw new PlinthError("MODEL_UNSUPPORTED", `The ${nameOf(node)} has strings in ${encoding}: this engine reads UTF-8`);
}

/** The code points of UTF-8 strings, in one row after another; what is no UTF-8 is U+FFFD. */
const decode: CompileOp = (node) => {
  checkEncoding(node, "input_encoding");
  const withOffsets = node.op === "UnicodeDecodeWithOffsets";
  return (inputs) => {
    const rows = bytesAt(inputs, 0).map((bytes) => [...toText(bytes)]);
    const splits = [0];
    for (const row of rows) splits.push((splits.at(-1) ?? 0) + row.length);
    const points = rows.flat().map((character) => character.codePointAt(0) ?? 0);
    const outputs = [integerVector(splits), integerVector(points)];
    if (!withOffsets) return outputs;
    const offsets = rows.flatMap((row) => {
      let offset = 0;
      return row.map((character) => {
        const at = offset;
        offset += Buffer.byteLength(character);
        return at;
      });
    });
    return [...outputs, integerVector(offsets)];
  };
};

/** A string of each row of code points. */
const encode: CompileOp = (node) => {
  checkEncoding(node, "output_encoding");
  const { substitute, isStrict } = faultsOf(node);
  const character = (point: number): string => {
    if (point >= 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)) return String.fromCodePoint(point);
    if (isStrict) throw valueError(`${point} is no character`);
    return substitute ?? "";
  };
  return (inputs) => {
    const [points, splits] = [integersAt(inputs, 0), integersAt(inputs, 1)];
    const texts = splits.slice(1).map((end, row) => points.slice(splits[row], end).map(character).join(""));
    return stringTensor(texts.map(toBytes), [texts.length]);
  };
};

const transcode: CompileOp = (node) => {
  checkEncoding(node, "input_encoding");
  checkEncoding(node, "output_encoding");
  const { substitute = "", isStrict } = faultsOf(node);
  const replacesControls = boolOf(node, "replace_control_characters");
  return (inputs) => {
    const strings = bytesAt(inputs, 0).map((bytes) => {
      if (isUtf8(bytes) && !replacesControls) return bytes;
      if (isStrict && !isUtf8(bytes)) throw valueError("A string is no UTF-8");
      const text = isUtf8(bytes) ? toText(bytes) : toText(bytes).replaceAll("\ufffd", substitute);
      return toBytes(replacesControls ? [...text].map((each) => (each < " " ? substitute : each)).join("") : text);
    });
    return stringTensor(strings, tensorAt(inputs, 0).shape);
  };
};

/** Ops on the characters of strings. */
export const UNICODE: Ops = {
  UnicodeDecode: decode,
  UnicodeDecodeWithOffsets: decode,
  UnicodeEncode: encode,
  UnicodeTranscode: transcode,
};
