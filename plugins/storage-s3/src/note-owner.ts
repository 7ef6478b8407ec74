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
 * Whether the process that wrote a note is still at work on it: it must have renewed its note, and a process of this machine must still
 * be there. A wrong answer loses nothing, for the owner's next step is made under the condition that the note is its own.
 */
export function isOwned({ note, modifiedAtMs }: KeptNote, storeNowMs: number): boolean {
  if (!("owner" in note) || note.owner === undefined) return false;
  const { host, process: number, startedAtMs } = note.owner;
  const isAnother = number === THIS_PROCESS.process && startedAtMs !== THIS_PROCESS.startedAtMs;
  if (host === THIS_PROCESS.host && (isAnother || !isAliveProcess(number))) return false;
  return storeNowMs - modifiedAtMs < LEASE_MS;
}

/** Whether there is such a process on this machine. */
export function isAliveProcess(number: number): boolean {
  if (!Number.isSafeInteger(number) || number <= 0) return false;
  try {
    return process.kill(number, 0);
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}
