/** One file of the journal. */
export interface Segment {
  readonly name: string;
  /** Of its first entry. */
  readonly firstId: number;
  /** When it was begun, in milliseconds since the epoch. */
  readonly sinceMs: number;
}

const NAME = /^journal-([0-9]{15})-([0-9]{15})\.jsonl$/;

export function segmentOf(firstId: number, sinceMs: number): Segment {
  return { name: `journal-${padded(firstId)}-${padded(sinceMs)}.jsonl`, firstId, sinceMs };
}

/** Those among the files of a folder, oldest first. */
export function segmentsAmong(names: readonly string[]): readonly Segment[] {
  const found = names.flatMap((name) => {
    const [, firstId, sinceMs] = NAME.exec(name) ?? [];
    return firstId === undefined ? [] : [{ name, firstId: Number(firstId), sinceMs: Number(sinceMs) }];
  });
  return found.sort((left, right) => left.firstId - right.firstId);
}

function padded(value: number): string {
  return String(value).padStart(15, "0");
}
