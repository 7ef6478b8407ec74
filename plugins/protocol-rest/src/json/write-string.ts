import { isUtf8 } from "node:buffer";
import { BACKSLASH, QUOTE, SPACE } from "./characters.js";
import type { JsonBuffer } from "./json-buffer.js";

/**
 * Writes bytes as a JSON string if they are UTF-8, else (or if `binary`) as `{"b64": "..."}`, of which the reader makes the same
 * bytes. Only what JSON demands is escaped: quotes, backslashes and control characters.
 */
export function writeBytes(out: JsonBuffer, bytes: Uint8Array, binary: boolean): void {
  if (!binary && isUtf8(bytes)) {
    writeUtf8(out, bytes);
    return;
  }
  const { buffer, byteOffset, length } = bytes;
  out.ascii(`{"b64":"${Buffer.from(buffer, byteOffset, length).toString("base64")}"}`);
}

/** Writes a JavaScript string; a surrogate without its other half becomes U+FFFD. */
export function writeText(out: JsonBuffer, text: string): void {
  writeUtf8(out, Buffer.from(text));
}

function writeUtf8(out: JsonBuffer, text: Uint8Array): void {
  out.byte(QUOTE);
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] as number;
    if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) continue;
    out.append(text.subarray(from, at));
    out.ascii(JSON.stringify(String.fromCharCode(byte)).slice(1, -1));
    from = at + 1;
  }
  out.append(from === 0 ? text : text.subarray(from));
  out.byte(QUOTE);
}
