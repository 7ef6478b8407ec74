import { hostname } from "node:os";
import type { KeptNote, Owner } from "./version-note.js";

/** How long a note that is not renewed is its owner's, by the store's clock, in milliseconds. */
export const LEASE_MS = 60_000;

/** How often an owner renews its note, in milliseconds. */
export const RENEWAL_MS = 15_000;

/** This process: in a container every process has the same number, so the moment of its start is part of it. */
export const THIS_PROCESS: Owner = {
  host: hostname(),
  process: process.pid,
  startedAtMs: Math.round(performance.timeOrigin),
};

/**
 * Whether the process that wrote a note is still at work on it: a process of this machine is looked for, any other one must have
 * renewed its note. A wrong answer loses nothing, for the owner's next step is made under the condition that the note is its own.
 */
export function isOwned({ note, modifiedAtMs }: KeptNote, storeNowMs: number): boolean {
  if (!("owner" in note) || note.owner === undefined) return false;
  const { host, process: number, startedAtMs } = note.owner;
  if (host === THIS_PROCESS.host && number === THIS_PROCESS.process) return startedAtMs === THIS_PROCESS.startedAtMs;
  if (host === THIS_PROCESS.host && !isAlive(number)) return false;
  return storeNowMs - modifiedAtMs < LEASE_MS;
}

function isAlive(number: number): boolean {
  if (!Number.isSafeInteger(number) || number <= 0) return false;
  try {
    return process.kill(number, 0);
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}
