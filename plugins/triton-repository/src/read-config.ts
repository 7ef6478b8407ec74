import { PlinthError, suggestKey } from "@plinth/core";
import {
  type MessageType,
  type MessageValue,
  parseTextFormat,
  readMessage,
  TextFormatError,
  type TextMessage,
  type TextPosition,
} from "@plinth/text-format";
import { MODEL_CONFIG, messageTypeOf, UNSUPPORTED, WITHOUT_MEANING } from "./messages.js";

/** What messages call the file. */
export const FILE_NAME = "config.pbtxt";

/** All that is wrong with a file, to be told at once. */
export class Faults {
  readonly #faults: string[] = [];

  add(at: TextPosition, message: string): void {
    this.#faults.push(`${placeOf(at)}: ${message}`);
  }

  /** @throws PlinthError `MODEL_DESCRIPTION_INVALID` where anything is wrong */
  check(): void {
    if (this.#faults.length > 0) throw new PlinthError("MODEL_DESCRIPTION_INVALID", this.#faults.join("\n"));
  }
}

export interface ReadConfig {
  /** Without the fields that have no meaning here. */
  readonly config: MessageValue;
  /** These, each with its place. */
  readonly ignored: readonly string[];
}

/** @throws PlinthError `MODEL_DESCRIPTION_INVALID`, `MODEL_UNSUPPORTED` */
export function readConfig(content: Uint8Array): ReadConfig {
  const faults = new Faults();
  const text = parse(content);
  for (const { name, at } of text.fields) {
    const why = UNSUPPORTED.get(name);
    if (why !== undefined) throw new PlinthError("MODEL_UNSUPPORTED", `${placeOf(at)}: ${name}: ${why}`);
  }
  const ignored: string[] = [];
  const meaningful = withoutIgnored(text, MODEL_CONFIG, ignored);
  const config = readMessage(meaningful, MODEL_CONFIG, {
    problem: ({ at, path, message }) => faults.add(at, path.length === 0 ? message : `${pathText(path)}: ${message}`),
    suggest: suggestKey,
  });
  faults.check();
  return { config, ignored };
}

export function placeOf({ line, column }: TextPosition): string {
  return `${FILE_NAME}:${line}:${column}`;
}

function parse(content: Uint8Array): TextMessage {
  try {
    return parseTextFormat(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch (thrown) {
    const at = thrown instanceof TextFormatError ? thrown.at : { line: 1, column: 1 };
    const why = thrown instanceof TextFormatError ? thrown.message : "expected UTF-8 text";
    throw new PlinthError("MODEL_DESCRIPTION_INVALID", `${placeOf(at)}: ${why}`, { cause: thrown });
  }
}

function withoutIgnored(message: TextMessage, type: MessageType, ignored: string[]): TextMessage {
  const meaningless = WITHOUT_MEANING.get(type.name);
  const fields = message.fields.flatMap((field) => {
    const { name, at, value } = field;
    if (meaningless?.has(name)) {
      ignored.push(`${name} (${placeOf(at)})`);
      return [];
    }
    const inner = value.kind === "message" ? messageTypeOf(type.fields[name]) : undefined;
    return inner === undefined || value.kind !== "message"
      ? field
      : { name, at, value: withoutIgnored(value, inner, ignored) };
  });
  return { ...message, fields };
}

function pathText(path: readonly (string | number)[]): string {
  return path.map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`)).join("");
}
