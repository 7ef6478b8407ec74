export { fieldOf, messageOf, messagesOf, numberOf, numbersOf, textOf } from "./field-access.js";
export { type MessageJson, messageJson } from "./message-json.js";
export type { FieldType, MessageType, RepeatedType, ScalarType } from "./message-type.js";
export { parseTextFormat } from "./parse.js";
export {
  type FieldValue,
  type MessageValue,
  type Problem,
  type ReadOptions,
  readMessage,
  type ScalarValue,
} from "./read-message.js";
export { TextFormatError, type TextPosition } from "./text-format-error.js";
export type { TextField, TextMessage, TextScalar, TextValue } from "./text-message.js";
