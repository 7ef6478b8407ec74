import type { TrafficRules } from "../api/documents.js";

/** Shares in percent by version or label; they need not sum up to a hundred. */
export type Shares = Readonly<Record<string, number>>;

/** What was edited of some rules; what is absent stays as it is. */
export interface TrafficDraft {
  readonly shares?: Shares;
  /** Mirrored to this version or label; empty: nowhere. */
  readonly shadowTo?: string;
  /** As it was typed. */
  readonly shadowPercent?: string;
  /** A header's name; empty: none. */
  readonly stickyBy?: string;
}

/** What the share begins with where nothing was mirrored before. */
const USUAL_PERCENT = "10";

export function sharesOf({ split }: Pick<TrafficRules, "split">): Shares {
  const sum = sumOf(split);
  return mapped(split, (weight) => Math.round((100 * weight) / sum));
}

export function sumOf(shares: Shares): number {
  return Object.values(shares).reduce((total, share) => total + share, 0);
}

/** What the fields show: the rules, with what was edited in place of what is. */
export function filledIn(rules: TrafficRules, draft: TrafficDraft): Required<TrafficDraft> {
  const { shadow, stickyBy = "" } = rules;
  return {
    shares: draft.shares ?? sharesOf(rules),
    shadowTo: draft.shadowTo ?? shadow?.to ?? "",
    shadowPercent: draft.shadowPercent ?? String(shadow?.percent ?? USUAL_PERCENT),
    stickyBy: draft.stickyBy ?? stickyBy,
  };
}

/** The rules with what was edited. Weights that nobody touched stay to the digit. */
export function editedRules(rules: TrafficRules, draft: TrafficDraft): TrafficRules {
  const { shadowTo, shadowPercent, stickyBy } = filledIn(rules, draft);
  return {
    split: draft.shares === undefined ? rules.split : withoutZeros(draft.shares),
    ...(stickyBy !== "" && { stickyBy }),
    ...(shadowTo !== "" && { shadow: { to: shadowTo, percent: Number(shadowPercent) } }),
  };
}

/** Rules in words, as they stand beside each other before a change. */
export function rulesInWords({ split, shadow, stickyBy }: TrafficRules): Readonly<Record<string, string>> {
  const sum = sumOf(split);
  return {
    ...mapped(split, (weight) => `${((100 * weight) / sum).toFixed(0)} %`),
    ...(shadow !== undefined && { [`mirrored to ${shadow.to}`]: `${shadow.percent} %` }),
    ...(stickyBy !== undefined && { "sticky by": stickyBy }),
  };
}

function withoutZeros(shares: Shares): Shares {
  return Object.fromEntries(Object.entries(shares).filter(([, share]) => share > 0));
}

function mapped<Value>(shares: Shares, map: (share: number) => Value): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(shares).map(([target, share]) => [target, map(share)]));
}
