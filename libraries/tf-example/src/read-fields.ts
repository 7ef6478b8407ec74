import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** Takes the value that `reader` stands before, or gives `false` to have it passed over. */
export type ReadField = (reader: BinaryReader, field: number, wireType: WireType) => boolean;

/**
 * Walks over the fields of the message that is all of `bytes`. Each message gets a reader of its own, so that no field reaches past
 * the end of its message.
 *
 * @throws Error for bytes that are no message
 */
export function readFields(bytes: Uint8Array, read: ReadField): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!read(reader, field, wireType)) reader.skip(wireType, field);
    if (reader.pos > reader.len) throw new RangeError("a field reaches past the end of its message");
  }
}

/** Walks over the messages in field `field` of the message that is all of `bytes`. @throws Error as {@link readFields} */
export function readMessages(bytes: Uint8Array, field: number, read: (message: Uint8Array) => void): void {
  readFields(bytes, (reader, found, wireType) => {
    if (found !== field || wireType !== WireType.LengthDelimited) return false;
    read(reader.bytes());
    return true;
  });
}
