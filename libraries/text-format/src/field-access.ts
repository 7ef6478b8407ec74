import type { FieldValue, MessageValue } from "./read-message.js";

/** The value of a field that is not repeated. */
export function fieldOf({ fields }: MessageValue, name: string): FieldValue | undefined {
  return fields.get(name)?.[0];
}

/** The message that a field holds, which is not repeated. */
export function messageOf(message: MessageValue, name: string): MessageValue | undefined {
  return fieldOf(message, name)?.value as MessageValue | undefined;
}
