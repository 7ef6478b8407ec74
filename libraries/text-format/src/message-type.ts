/** What a field of a message holds, as its `.proto` file says. Of an enum, the names of its values by their numbers. */
export type ScalarType =
  | "string"
  | "bytes"
  | "bool"
  | "int32"
  | "int64"
  | "uint32"
  | "uint64"
  | "float"
  | "double"
  | { readonly enum: Readonly<Record<string, number>> };

export interface RepeatedType {
  readonly repeated: ScalarType | MessageType;
}

/** A map stands here as what it is on the wire: repeated messages with a `key` and a `value`. */
export type FieldType = ScalarType | MessageType | RepeatedType;

/** A message of a `.proto` file, as far as it is read. */
export interface MessageType {
  readonly name: string;
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Fields of which only one may be set. */
  readonly oneofs?: readonly (readonly string[])[];
}
