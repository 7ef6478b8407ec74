import type { FieldType, MessageType } from "./message-type.js";
import type { MessageValue } from "./read-message.js";

/** A JSON value. */
export type MessageJson =
  | string
  | number
  | boolean
  | readonly MessageJson[]
  | { readonly [field: string]: MessageJson };

/**
 * A message as JSON under the names of its fields: enums by name, maps as objects, integers as numbers where these hold them exactly and else as
 * strings, bytes in base64. Fields that are not set are left out.
 */
export function messageJson({ fields }: MessageValue, type: MessageType): { readonly [field: string]: MessageJson } {
  const json: Record<string, MessageJson> = Object.create(null);
  for (const [name, values] of fields) {
    const fieldType = type.fields[name];
    if (fieldType === undefined) continue;
    const list = values.map(({ value }) => valueJson(value, single(fieldType)));
    if (!isRepeated(fieldType)) json[name] = list[0] as MessageJson;
    else json[name] = isMap(fieldType) ? mapJson(list) : list;
  }
  return json;
}

function valueJson(value: unknown, type: FieldType): MessageJson {
  if (typeof type === "object" && "fields" in type) return messageJson(value as MessageValue, type);
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return value as string | number | boolean;
}

/** Of entries that say the same key, the last counts. */
function mapJson(entries: readonly MessageJson[]): MessageJson {
  const map: Record<string, MessageJson> = Object.create(null);
  for (const entry of entries) {
    const { key = "", value = {} } = entry as Readonly<Record<string, MessageJson>>;
    map[String(key)] = value;
  }
  return map;
}

function isRepeated(type: FieldType): boolean {
  return typeof type === "object" && "repeated" in type;
}

function single(type: FieldType): FieldType {
  return typeof type === "object" && "repeated" in type ? type.repeated : type;
}

function isMap(type: FieldType): boolean {
  const entry = single(type);
  if (typeof entry !== "object" || !("fields" in entry)) return false;
  const names = Object.keys(entry.fields);
  return names.length === 2 && names.includes("key") && names.includes("value");
}
