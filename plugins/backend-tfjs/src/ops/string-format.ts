import { intOf, textOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { makeTensor } from "../tensors/to-engine.js";
import { type Element, elementsAt } from "./elements.js";
import { type Ops, tensorAt } from "./kernels.js";
import { toBytes, toText } from "./strings.js";

type Write = (element: Element) => string;

/** Six digits of a float where they are all of it, else nine. */
function written(element: Element): string {
  if (typeof element !== "number") return JSON.stringify(toText(element));
  const short = Number(element.toPrecision(6));
  return String(Math.fround(short) === element ? short : Number(element.toPrecision(9)));
}

/** Rows within rows; of long ones as many of the first and of the last as `shown`, or all where that is -1. */
function rowsOf(
  elements: readonly Element[],
  shape: readonly number[],
  shown: number,
  write: Write,
  depth = 1,
): string {
  const [length, ...inner] = shape;
  if (length === undefined) return write(elements[0] as Element);
  const size = elements.length / Math.max(1, length);
  const row = (at: number) => rowsOf(elements.slice(at * size, (at + 1) * size), inner, shown, write, depth + 1);
  const places = Array.from({ length }, (_, at) => at);
  const isCut = shown >= 0 && length > 2 * shown;
  const parts = isCut
    ? [...places.slice(0, shown).map(row), "...", ...places.slice(length - shown).map(row)]
    : places.map(row);
  return `[${parts.join(inner.length === 0 ? " " : "\n".repeat(inner.length) + " ".repeat(depth))}]`;
}

/** A template with tensors in its places, as what models print is made of. */
const format: CompileOp = (node) => {
  const [template, placeholder] = [textOf(node, "template", "%s"), textOf(node, "placeholder", "%s")];
  const shown = intOf(node, "summarize", 3);
  return (inputs) => {
    const texts = inputs.map((_, index) =>
      rowsOf(Array.from(elementsAt(inputs, index)), tensorAt(inputs, index).shape, shown, written),
    );
    const text = template.split(placeholder).reduce((before, part, index) => before + (texts[index - 1] ?? "") + part);
    return makeTensor([toBytes(text)], [], "string");
  };
};

/** Ops that write tensors into text. */
export const STRING_FORMAT: Ops = { StringFormat: format };
