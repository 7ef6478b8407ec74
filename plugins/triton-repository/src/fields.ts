import { fieldOf, type MessageValue } from "@plinth/text-format";

export function messagesOf({ fields }: MessageValue, name: string): readonly MessageValue[] {
  return (fields.get(name) ?? []).map(({ value }) => value as MessageValue);
}

export function textOf(message: MessageValue, name: string): string | undefined {
  return fieldOf(message, name)?.value as string | undefined;
}

/** Of an integer of 32 or 64 bits. */
export function numberOf(message: MessageValue, name: string): number | undefined {
  const value = fieldOf(message, name)?.value as number | bigint | undefined;
  return value === undefined ? undefined : Number(value);
}

export function numbersOf({ fields }: MessageValue, name: string): readonly number[] {
  return (fields.get(name) ?? []).map(({ value }) => Number(value as number | bigint));
}
