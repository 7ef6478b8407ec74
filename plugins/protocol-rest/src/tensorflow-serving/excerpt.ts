/** A value as it stands in the document, at most its first 256 bytes, for a message. */
export function excerpt(bytes: Buffer, at: number, end: number): string {
  if (end - at <= MAX_BYTES) return bytes.toString("utf8", at, end);
  let to = at + MAX_BYTES;
  while (to > at && ((bytes[to] as number) & 0xc0) === 0x80) to--;
  return `${bytes.toString("utf8", at, to)}...`;
}

const MAX_BYTES = 256;
