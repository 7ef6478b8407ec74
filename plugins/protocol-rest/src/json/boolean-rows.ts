import { COMMA, hasWord, skipBlanks } from "./characters.js";
import type { ElementRows } from "./element-rows.js";
import { GrowingData } from "./growing-data.js";

/** `true` and `false`, nothing else: no 0 and 1. */
export class BooleanRows implements ElementRows<"bool"> {
  taken = 0;
  readonly #bytes: Uint8Array;
  readonly #elements = new GrowingData("bool");

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  readRow(at: number, most: number): number {
    const bytes = this.#bytes;
    const elements = this.#elements;
    for (this.taken = 1; ; this.taken++) {
      const value = hasWord(bytes, at, "true");
      if (!value && !hasWord(bytes, at, "false")) return -1;
      elements.reserve(1, elements.count * 2);
      elements.data[elements.count++] = value ? 1 : 0;
      at = skipBlanks(bytes, at + (value ? 4 : 5));
      if (this.taken === most || bytes[at] !== COMMA) return at;
      at = skipBlanks(bytes, at + 1);
    }
  }

  finish(): Uint8Array {
    return this.#elements.finish();
  }
}
