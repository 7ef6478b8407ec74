import type { PortGuest } from "@plinth/core";

/** Whose a connection is that begins with these bytes: a guest's, or the `host`'s; `undefined` while it takes more of them to tell. */
export function ownerOf(begun: Uint8Array, guests: readonly PortGuest[]): PortGuest | "host" | undefined {
  const possible = guests.filter(({ preface }) => agree(preface, begun));
  if (possible.length === 0) return "host";
  return possible.find(({ preface }) => preface.length <= begun.length);
}

/** Whether one begins with the other. */
function agree(one: Uint8Array, other: Uint8Array): boolean {
  const length = Math.min(one.length, other.length);
  return Buffer.compare(one.subarray(0, length), other.subarray(0, length)) === 0;
}
