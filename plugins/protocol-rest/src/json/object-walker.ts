import { CLOSE_BRACE, COMMA, OPEN_BRACE, QUOTE, skipBlanks } from "./characters.js";
import { missingComma, missingKey, skipColon } from "./skip-value.js";
import { closingQuote, textOf } from "./strings.js";

/**
 * Walks over the members of one object after the other. The caller moves past the values:
 *
 *     for (at = walker.enter(at); at >= 0; at = walker.next(at)) {
 *       // walker.key names the member whose value begins at `at`
 *       at = skipValue(bytes, at);
 *     }
 *     // the object ends before walker.end
 *
 * Objects of the same keys in the same order, as the rows of a table, cost no decoding of keys after the first.
 */
export class ObjectWalker {
  /** Name of the present member, escapes resolved. */
  key = "";
  /** Position after the closing brace, once `enter` or `next` has returned -1. */
  end = -1;

  readonly #bytes: Buffer;
  /** Keys of the object before, by index of the member. */
  readonly #known: KnownKey[] = [];
  #index = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /**
   * Begins the object whose brace is at `at`. Gives the position of the first value, white space skipped, or -1 for `{}`.
   *
   * @throws PlinthError `REQUEST_INVALID` for bad syntax up to the value
   */
  enter(at: number): number {
    const bytes = this.#bytes;
    this.#index = 0;
    at = skipBlanks(bytes, at + 1);
    if (bytes[at] !== CLOSE_BRACE) return this.#member(at);
    this.end = at + 1;
    return -1;
  }

  /**
   * Goes on after a value that ended before `at`. Gives the position of the next value, or -1 at the end of the object.
   *
   * @throws PlinthError `REQUEST_INVALID` for bad syntax up to the value
   */
  next(at: number): number {
    const bytes = this.#bytes;
    at = skipBlanks(bytes, at);
    if (bytes[at] === COMMA) return this.#member(skipBlanks(bytes, at + 1));
    if (bytes[at] !== CLOSE_BRACE) throw missingComma(bytes, at, OPEN_BRACE);
    this.end = at + 1;
    return -1;
  }

  #member(at: number): number {
    const bytes = this.#bytes;
    if (bytes[at] !== QUOTE) throw missingKey(bytes, at);
    const index = this.#index++;
    const known = this.#known[index];
    let last: number;
    if (known !== undefined && sameBytes(bytes, at, known)) {
      last = at + known.length - 1;
      this.key = known.key;
    } else {
      last = closingQuote(bytes, at);
      this.key = textOf(bytes, at + 1, last);
      if (index < MAX_KNOWN_KEYS) this.#known[index] = { key: this.key, at, length: last + 1 - at };
    }
    return skipBlanks(bytes, skipColon(bytes, last + 1));
  }
}

/** A key and where it stands, quotes included. */
interface KnownKey {
  readonly key: string;
  readonly at: number;
  readonly length: number;
}

function sameBytes(bytes: Uint8Array, at: number, known: KnownKey): boolean {
  for (let offset = known.length - 1; offset >= 0; offset--) {
    if (bytes[at + offset] !== bytes[known.at + offset]) return false;
  }
  return true;
}

const MAX_KNOWN_KEYS = 64;
