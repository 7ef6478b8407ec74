/** A place in a text. Lines and columns count from 1, columns in UTF-16 units. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** A text that is not of the format; the message says what was expected and what came. It cannot be read further. */
export class TextFormatError extends Error {
  readonly at: TextPosition;

  constructor(at: TextPosition, message: string) {
    super(message);
    this.name = "TextFormatError";
    this.at = at;
  }
}
