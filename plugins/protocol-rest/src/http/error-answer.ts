import { type PlinthError, PROBLEM_TYPE, problemJson } from "@plinth/core";
import { CLOSE_BRACE } from "../json/characters.js";
import { JsonBuffer } from "../json/json-buffer.js";
import { writeText } from "../json/write-string.js";
import { ENCODINGS, UNKNOWN_ENCODING } from "./content-encoding.js";
import { httpStatus } from "./http-status.js";
import { retryAfter } from "./retry-after.js";
import { type Answer, JSON_TYPE } from "./send.js";

/** An error as clients of both dialects get it: `{"error": "<message>"}`. */
export function errorAnswer(error: PlinthError): Answer {
  return {
    status: httpStatus(error),
    chunks: [encodeError(error.message)],
    headers: { ...JSON_TYPE, ...facts(error) },
  };
}

/** An error as clients of the management API get it: by RFC 9457. */
export function problemAnswer(error: PlinthError, path: string): Answer {
  const status = httpStatus(error);
  const headers = { "Content-Type": PROBLEM_TYPE, ...facts(error) };
  return { status, chunks: [Buffer.from(problemJson(error, status, path))], headers };
}

/** Writes `{"error": "<message>"}`. */
export function encodeError(message: string): Buffer {
  const out = new JsonBuffer(message.length + 64);
  out.ascii('{"error":');
  writeText(out, message);
  out.byte(CLOSE_BRACE);
  return out.finish();
}

/** What an error tells in headers, in whatever form the rest of it is. */
function facts(error: PlinthError): Readonly<Record<string, string>> {
  return { ...retryAfter(error), ...acceptedEncodings(error), ...wantedToken(error) };
}

/** What the client is to show (RFC 6750, section 3). */
function wantedToken({ code }: PlinthError): Readonly<Record<string, string>> {
  return code === "UNAUTHENTICATED" ? { "WWW-Authenticate": 'Bearer realm="plinth"' } : {};
}

/** What the client may try instead (RFC 9110, section 12.5.3). */
function acceptedEncodings({ reason }: PlinthError): Readonly<Record<string, string>> {
  return reason === UNKNOWN_ENCODING ? { "Accept-Encoding": ENCODINGS } : {};
}
