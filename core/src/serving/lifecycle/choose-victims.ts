/** A loaded version that nobody uses, as the choice of what is to make room sees it. */
export interface IdleVersion {
  readonly bytes: number;
  /** Higher is later. */
  readonly lastUse: number;
}

/**
 * Which versions go so that at least `missingBytes` come back: the least recently used, without those of them that are not needed
 * for it. `undefined` where all together are not enough.
 */
export function chooseVictims<T extends IdleVersion>(
  idle: readonly T[],
  missingBytes: number,
): readonly T[] | undefined {
  const victims: T[] = [];
  let bytes = 0;
  for (const version of idle.toSorted((left, right) => left.lastUse - right.lastUse)) {
    if (bytes >= missingBytes) break;
    victims.push(version);
    bytes += version.bytes;
  }
  if (bytes < missingBytes) return undefined;
  for (const version of victims.toReversed()) {
    if (bytes - version.bytes < missingBytes) continue;
    victims.splice(victims.indexOf(version), 1);
    bytes -= version.bytes;
  }
  return victims;
}
