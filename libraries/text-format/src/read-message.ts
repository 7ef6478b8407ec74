import type { FieldType, MessageType, RepeatedType, ScalarType } from "./message-type.js";
import { readScalar } from "./read-scalar.js";
import type { TextPosition } from "./text-format-error.js";
import type { TextField, TextMessage, TextValue } from "./text-message.js";

/** A message whose fields were found right; those that are wrong are left out. */
export interface MessageValue {
  readonly at: TextPosition;
  /** Fields that the text sets, by name, in its order; each has at least one value. */
  readonly fields: ReadonlyMap<string, readonly FieldValue[]>;
}

export interface FieldValue {
  /** Where the field's name stands. */
  readonly at: TextPosition;
  readonly valueAt: TextPosition;
  readonly value: ScalarValue | MessageValue;
}

/** `int64` and `uint64` as bigint, other numbers as number, an enum as the name of its value, `bytes` as bytes. */
export type ScalarValue = string | number | bigint | boolean | Uint8Array;

/** One thing that is wrong. */
export interface Problem {
  readonly at: TextPosition;
  /** Names of fields from the top, with the number of the item where a field is repeated. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export interface ReadOptions {
  /** Told of all that is wrong. */
  readonly problem: (problem: Problem) => void;
  /** What to add to the message about an unknown field, as `; did you mean "name"?`. Default: nothing. */
  readonly suggest?: (name: string, known: readonly string[]) => string;
}

/** Holds a text's message against its type. Goes on past what is wrong, so that all of it is told. */
export function readMessage(message: TextMessage, type: MessageType, options: ReadOptions): MessageValue {
  return new MessageReader(options).read(message, type, []);
}

class MessageReader {
  readonly #options: ReadOptions;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  read(message: TextMessage, type: MessageType, path: Problem["path"]): MessageValue {
    const fields = new Map<string, FieldValue[]>();
    const counts = new Map<string, number>();
    for (const field of message.fields) {
      const count = counts.get(field.name) ?? 0;
      counts.set(field.name, count + 1);
      const value = this.#field(field, type, count, path);
      if (value === undefined) continue;
      const values = fields.get(field.name);
      if (values === undefined) fields.set(field.name, [value]);
      else values.push(value);
    }
    for (const oneof of type.oneofs ?? []) this.#checkOneof(message, oneof, path);
    return { at: message.at, fields };
  }

  #field(field: TextField, type: MessageType, index: number, path: Problem["path"]): FieldValue | undefined {
    const { name, at, value } = field;
    const fieldType = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
    if (fieldType === undefined) {
      const suggestion = this.#options.suggest?.(name, Object.keys(type.fields)) ?? "";
      this.#tell(at, [...path, name], `${type.name} has no field ${JSON.stringify(name)}${suggestion}`);
      return undefined;
    }
    const isRepeated = isRepeatedType(fieldType);
    if (index > 0 && !isRepeated) {
      this.#tell(at, [...path, name], "this field stands twice; keep one of them");
      return undefined;
    }
    const read = this.#value(value, isRepeated ? fieldType.repeated : fieldType, [
      ...path,
      name,
      ...(isRepeated ? [index] : []),
    ]);
    return read === undefined ? undefined : { at, valueAt: value.at, value: read };
  }

  #value(
    value: TextValue,
    type: ScalarType | MessageType,
    path: Problem["path"],
  ): ScalarValue | MessageValue | undefined {
    if (isMessageType(type)) {
      if (value.kind === "message") return this.read(value, type, path);
      this.#tell(value.at, path, `expected a message, as { … }, got a value`);
      return undefined;
    }
    const read = readScalar(value, type);
    if ("value" in read) return read.value;
    this.#tell(value.at, path, `expected ${read.expected}, got ${read.got}`);
    return undefined;
  }

  #checkOneof({ fields }: TextMessage, names: readonly string[], path: Problem["path"]): void {
    const [first, ...others] = fields.filter(({ name }) => names.includes(name));
    for (const { name, at } of others) {
      if (name !== first?.name) this.#tell(at, [...path, name], `only one of ${names.join(", ")} may be set`);
    }
  }

  #tell(at: TextPosition, path: Problem["path"], message: string): void {
    this.#options.problem({ at, path, message });
  }
}

function isRepeatedType(type: FieldType): type is RepeatedType {
  return typeof type === "object" && "repeated" in type;
}

function isMessageType(type: ScalarType | MessageType): type is MessageType {
  return typeof type === "object" && "fields" in type;
}
