import { SharedThread } from "@plinth/core";

/**
 * Bytes that are given to the system at once. Of more it makes the memory of its cache in larger blocks, which virtual machines whose
 * host takes back free memory have to be given anew each time: docs/adr/0025.
 */
const STEP_BYTES = { written: 16 * 1024, copied: 64 * 1024 };

const WRITING = `
const { readSync, writeSync } = require("node:fs");
const writeAll = (file, bytes, step) => {
  for (let at = 0; at < bytes.byteLength; ) at += writeSync(file, bytes, at, Math.min(step, bytes.byteLength - at));
};
const begin = () => {
  let buffer;
  return ({ file, content, source, bytes }) => {
    if (content) return void writeAll(file, content, ${STEP_BYTES.written});
    buffer ??= Buffer.allocUnsafeSlow(${STEP_BYTES.copied});
    let copied = 0;
    while (copied < bytes) {
      const read = readSync(source, buffer, 0, Math.min(buffer.byteLength, bytes - copied));
      if (read === 0) break;
      writeAll(file, buffer.subarray(0, read), read);
      copied += read;
    }
    return copied;
  };
};
`;

/** What is to be written to an open file, where that is; files by their numbers. */
export type Writing =
  | { readonly file: number; readonly content: Uint8Array }
  /** As many bytes of another file, from where that is; fewer where it ends. */
  | { readonly file: number; readonly source: number; readonly bytes: number };

/** Answers with the number of bytes that were copied. A failure has the system's code. */
export const writingThread: SharedThread<Writing, number | undefined> = new SharedThread("plinth-write", WRITING);
