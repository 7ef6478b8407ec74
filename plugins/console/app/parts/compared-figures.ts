import type { VersionStatistics, Window } from "../api/documents.js";
import { count, duration, rate, share } from "./format.js";

export const WINDOWS = {
  minute: "the last minute",
  tenMinutes: "the last ten minutes",
  hour: "the last hour",
} as const;

export type WindowName = keyof typeof WINDOWS;

export interface ComparedFigure {
  readonly name: string;
  readonly left: string;
  readonly right: string;
  /** How much more the left one has, as a part of the right one; `undefined` where that says nothing. */
  readonly more: number | undefined;
  /** Whether more of it is worse. */
  readonly isCost: boolean;
}

interface Figure {
  readonly name: string;
  readonly of: (window: Window) => number | undefined;
  readonly text: (value: number | undefined, window: Window) => string;
  readonly isCost: boolean;
}

const times = (name: string, of: Figure["of"]): Figure => ({ name, of, text: duration, isCost: true });

const FIGURES: readonly Figure[] = [
  { name: "Requests", of: ({ requests }) => requests, text: (value = 0) => count(value), isCost: false },
  {
    name: "Requests a second",
    of: ({ requestsPerSecond }) => requestsPerSecond,
    text: (value = 0) => rate(value),
    isCost: false,
  },
  {
    name: "Errors",
    of: ({ requests, failed }) => (requests === 0 ? undefined : failed / requests),
    text: (_value, { requests, failed }) => share(failed, requests),
    isCost: true,
  },
  times("Latency, p50", ({ latency }) => latency?.p50),
  times("Latency, p95", ({ latency }) => latency?.p95),
  times("Latency, p99", ({ latency }) => latency?.p99),
  times("Queue, mean", ({ queue }) => queue?.mean),
  times("Queue, p99", ({ queue }) => queue?.p99),
  times("Compute, mean", ({ compute }) => compute?.mean),
  times("Compute, p99", ({ compute }) => compute?.p99),
];

/** The figures of two versions beside each other, of the same time. */
export function comparedFigures(
  left: VersionStatistics | undefined,
  right: VersionStatistics | undefined,
  window: WindowName,
): readonly ComparedFigure[] {
  return FIGURES.map(({ name, of, text, isCost }) => {
    const cell = (statistics: VersionStatistics | undefined) =>
      statistics === undefined ? "–" : text(of(statistics[window]), statistics[window]);
    const [one, other] = [left, right].map((each) => each && of(each[window]));
    return { name, left: cell(left), right: cell(right), more: moreOf(one, other), isCost };
  });
}

function moreOf(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined || other === 0 ? undefined : one / other - 1;
}
