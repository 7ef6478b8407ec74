import { type EntryLevel, type JournalEntry, type JournalGroup, LEVELS, type SummaryStep } from "./entry.js";

/** Most groups that are told apart while counting, and that are told of. */
const MAX_COUNTED_GROUPS = 2_000;
const MAX_GROUPS = 100;

export interface Summary {
  readonly total: number;
  readonly steps: readonly SummaryStep[];
  readonly groups: readonly JournalGroup[];
  readonly otherGroups: number;
}

export interface SummaryRange {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** How many steps it is divided into. */
  readonly steps: number;
}

/** Counts entries over time, and by what went wrong with which version. */
export class JournalSummary {
  readonly #sinceMs: number;
  readonly #stepMs: number;
  readonly #reason: string | undefined;
  readonly #steps: SummaryStep[];
  readonly #groups = new Map<string, JournalGroup>();
  #total = 0;
  #uncounted = 0;

  /** @param reason the only one that is asked for, where there is one */
  constructor({ sinceMs, untilMs, steps }: SummaryRange, reason: string | undefined) {
    this.#sinceMs = sinceMs;
    this.#stepMs = stepLengthMs({ sinceMs, untilMs, steps });
    this.#reason = reason;
    this.#steps = Array.from({ length: steps }, (_, index) => ({
      at: new Date(sinceMs + index * this.#stepMs).toISOString(),
      info: 0,
      warn: 0,
      error: 0,
    }));
  }

  /** To be called with newer ones first. */
  add(entry: JournalEntry): void {
    for (const [reason, count] of reasonsOf(entry)) {
      if (this.#reason !== undefined && reason !== this.#reason) continue;
      this.#total += count;
      const step = this.#steps[Math.floor((Date.parse(entry.at) - this.#sinceMs) / this.#stepMs)];
      if (step !== undefined) step[entry.level] += count;
      this.#addToGroup(entry, reason, count);
    }
  }

  finish(): Summary {
    const groups = [...this.#groups.values()].sort((left, right) => right.count - left.count);
    return {
      total: this.#total,
      steps: this.#steps.filter(({ info, warn, error }) => info + warn + error > 0),
      groups: groups.slice(0, MAX_GROUPS),
      otherGroups: Math.max(0, groups.length - MAX_GROUPS) + this.#uncounted,
    };
  }

  #addToGroup(entry: JournalEntry, reason: string | undefined, count: number): void {
    const { kind, model, version, at, level, id, message } = entry;
    const key = JSON.stringify([reason, kind, model, version]);
    const known = this.#groups.get(key);
    if (known !== undefined) {
      known.count += count;
      known.firstAt = at;
      known.level = worse(known.level, level);
    } else if (this.#groups.size < MAX_COUNTED_GROUPS) {
      const whose = { ...(model !== undefined && { model }), ...(version !== undefined && { version }) };
      const what = { kind, ...(reason !== undefined && { reason }), ...whose };
      this.#groups.set(key, { ...what, level, count, firstAt: at, lastAt: at, lastId: id, message });
    } else this.#uncounted = 1;
  }
}

export function stepLengthMs({ sinceMs, untilMs, steps }: SummaryRange): number {
  return Math.max(1, (untilMs - sinceMs) / steps);
}

/** What went wrong and how often: an entry stands for one, or for those beyond what is written one by one. */
function reasonsOf({
  reason,
  details,
}: JournalEntry): readonly (readonly [reason: string | undefined, count: number])[] {
  const surplus = details?.reasons;
  if (typeof surplus !== "object" || surplus === null) return [[reason, 1]];
  return Object.entries(surplus).map(([each, count]) => [each, Number(count) || 0]);
}

function worse(left: EntryLevel, right: EntryLevel): EntryLevel {
  return LEVELS.indexOf(left) >= LEVELS.indexOf(right) ? left : right;
}
