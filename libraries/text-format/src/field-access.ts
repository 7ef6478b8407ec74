import type { FieldValue, MessageValue } from "./read-message.js";

/** The value of a field that is not repeated. */
export function fieldOf({ fields }: MessageValue, name: string): FieldValue | undefined {
  return fields.get(name)?.[0];
}

/** The message that a field holds, which is not repeated. */
export function messageOf(message: MessageValue, name: string): MessageValue | undefined {
  return fieldOf(message, name)?.value as MessageValue | undefined;
}

/** The messages that a repeated field holds. */
export function messagesOf({ fields }: MessageValue, name: string): readonly MessageValue[] {
  return (fields.get(name) ?? []).map(({ value }) => value as MessageValue);
}

/** Of a string, or the name of an enum's value. */
export function textOf(message: MessageValue, name: string): string | undefined {
  return fieldOf(message, name)?.value as string | undefined;
}

/** Of an integer of 32 or 64 bits. */
export function numberOf(message: MessageValue, name: string): number | undefined {
  const value = fieldOf(message, name)?.value as number | bigint | undefined;
  return value === undefined ? undefined : Number(value);
}

/** Of a repeated integer of 32 or 64 bits. */
export function numbersOf({ fields }: MessageValue, name: string): readonly number[] {
  return (fields.get(name) ?? []).map(({ value }) => Number(value as number | bigint));
}
