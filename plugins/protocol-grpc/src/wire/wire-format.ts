/** How a field's value is laid out: https://protobuf.dev/programming-guides/encoding/#structure */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const FIXED32 = 5;

/** What stands before a field's value. */
export function tag(field: number, wireType: number): number {
  return ((field << 3) | wireType) >>> 0;
}
