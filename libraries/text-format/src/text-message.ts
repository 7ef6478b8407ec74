import type { TextPosition } from "./text-format-error.js";

/** What a text says, before anybody knows which message it is: names, and values in the form that they are written in. */
export interface TextMessage {
  readonly kind: "message";
  /** Where it opens; of the text as a whole, its beginning. */
  readonly at: TextPosition;
  /** In the order of the text. A list stands for a field of the same name for each of its items. */
  readonly fields: readonly TextField[];
}

export interface TextField {
  /** As `max_batch_size`; an extension or the type of an `Any` with its brackets, as `[package.extension]`. */
  readonly name: string;
  readonly at: TextPosition;
  readonly value: TextValue;
}

export type TextValue = TextMessage | TextScalar;

/**
 * - `string`: bytes, after escapes and with adjacent literals put together.
 * - `integer`: written in decimal, octal (`017`) or hexadecimal (`0x1F`) form.
 * - `float`: written with a point, an exponent or an `f`.
 * - `word`: `true`, `inf`, the name of an enum's value and the like; `negative` where a minus stands before it.
 */
export type TextScalar =
  | { readonly kind: "string"; readonly at: TextPosition; readonly value: Uint8Array }
  | { readonly kind: "integer"; readonly at: TextPosition; readonly value: bigint }
  | { readonly kind: "float"; readonly at: TextPosition; readonly value: number }
  | { readonly kind: "word"; readonly at: TextPosition; readonly value: string; readonly negative: boolean };
