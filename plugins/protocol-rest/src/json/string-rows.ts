import { readBase64Object } from "./base64.js";
import { COMMA, QUOTE, skipBlanks } from "./characters.js";
import type { ElementRows } from "./element-rows.js";
import { closingQuote, unescaped } from "./strings.js";

/** Strings, as views over the document where nothing in them is escaped, and `{"b64": "..."}` objects. */
export class StringRows implements ElementRows<"string"> {
  taken = 0;
  readonly #bytes: Buffer;
  readonly #elements: Uint8Array[] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** @throws PlinthError `REQUEST_INVALID` for bad syntax inside an element */
  readRow(at: number, most: number): number {
    const bytes = this.#bytes;
    for (this.taken = 1; ; this.taken++) {
      at = bytes[at] === QUOTE ? this.#string(at) : this.#base64(at);
      if (at < 0) return -1;
      at = skipBlanks(bytes, at);
      if (this.taken === most || bytes[at] !== COMMA) return at;
      at = skipBlanks(bytes, at + 1);
    }
  }

  finish(): readonly Uint8Array[] {
    return this.#elements;
  }

  #string(at: number): number {
    const bytes = this.#bytes;
    const closing = closingQuote(bytes, at);
    const content = new Uint8Array(bytes.buffer, bytes.byteOffset + at + 1, closing - at - 1);
    this.#elements.push(unescaped(content));
    return closing + 1;
  }

  #base64(at: number): number {
    const value = readBase64Object(this.#bytes, at);
    if (value?.data === undefined) return -1;
    this.#elements.push(value.data);
    return value.end;
  }
}
