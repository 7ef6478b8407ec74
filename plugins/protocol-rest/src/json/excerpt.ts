/** A value as it stands in the document, at most its first 256 bytes, for a message. */
export function excerpt(bytes: Buffer, at: number, end: number): string {
  if (end - at <= MAX_LENGTH) return bytes.toString("utf8", at, end);
  let to = at + MAX_LENGTH;
  while (to > at && ((bytes[to] as number) & 0xc0) === 0x80) to--;
  return `${bytes.toString("utf8", at, to)}...`;
}

/** A text that a client made up, at most its first 256 characters, for a message. */
export function clip(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}...`;
}

const MAX_LENGTH = 256;
