import { SharedThread } from "@plinth/core";

/**
 * Bytes that are given to the system at once. Of more it makes the memory of its cache in larger blocks, which virtual machines whose
 * host takes back free memory have to be given anew each time: docs/adr/0025.
 */
const STEP_BYTES = 16 * 1024;

const WRITING = `
const { writeSync } = require("node:fs");
const begin = () => ({ file, bytes }) => {
  for (let at = 0; at < bytes.byteLength; ) at += writeSync(file, bytes, at, Math.min(${STEP_BYTES}, bytes.byteLength - at));
};
`;

export interface Writing {
  /** Number of an open file, written to where it is. */
  readonly file: number;
  readonly bytes: Uint8Array;
}

/** Writes bytes that are too many for a single step; a failure is the system's own. */
export const writingThread: SharedThread<Writing, void> = new SharedThread("plinth-write", WRITING);
