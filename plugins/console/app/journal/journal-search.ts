/** What is looked for in the journal; all of it stands in the page's address, so that it can be sent to others. */
export interface JournalSearch {
  readonly text: string;
  readonly level: string;
  readonly kind: string;
  readonly reason: string;
  readonly model: string;
  readonly version: string;
  /** One of {@link SPANS}, up to now; means nothing beside {@link from}. */
  readonly span: string;
  /** A stretch of time, as ISO 8601. */
  readonly from: string;
  readonly to: string;
}

export const SPANS: Readonly<Record<string, { readonly title: string; readonly ms: number }>> = {
  "1h": { title: "Last hour", ms: 3_600_000 },
  "24h": { title: "Last day", ms: 86_400_000 },
  "7d": { title: "Last week", ms: 7 * 86_400_000 },
  "30d": { title: "Last 30 days", ms: 30 * 86_400_000 },
};

export const LEVELS: Readonly<Record<string, string>> = {
  error: "Errors",
  warn: "Errors and warnings",
  info: "Everything",
};

const DEFAULTS: JournalSearch = {
  text: "",
  level: "warn",
  kind: "",
  reason: "",
  model: "",
  version: "",
  span: "24h",
  from: "",
  to: "",
};

const KEYS = Object.keys(DEFAULTS) as readonly (keyof JournalSearch)[];

/** Filters that the API takes as they are. */
const FILTERS = ["text", "level", "kind", "reason", "model", "version"] as const;

export function searchOf(parameters: URLSearchParams): JournalSearch {
  const entries = KEYS.map((key) => [key, parameters.get(key) ?? DEFAULTS[key]] as const);
  const search = Object.fromEntries(entries) as unknown as JournalSearch;
  return {
    ...search,
    span: Object.hasOwn(SPANS, search.span) ? search.span : DEFAULTS.span,
    level: Object.hasOwn(LEVELS, search.level) ? search.level : DEFAULTS.level,
  };
}

/** Writes a search into the page's address, without what is as by default. */
export function withSearch(parameters: URLSearchParams, changes: Partial<JournalSearch>): URLSearchParams {
  const changed = new URLSearchParams(parameters);
  for (const [key, value] of Object.entries({ ...searchOf(parameters), ...changes })) {
    if (value === DEFAULTS[key as keyof JournalSearch]) changed.delete(key);
    else changed.set(key, value);
  }
  return changed;
}

/** The search as parameters of the API but for the time, for the stream of what is new. */
export function filterOf(search: JournalSearch): URLSearchParams {
  return new URLSearchParams(FILTERS.flatMap((key) => (search[key] === "" ? [] : [[key, search[key]]])));
}

/** {@link filterOf}, with the time. */
export function queryOf(search: JournalSearch, nowMs: number): URLSearchParams {
  const query = filterOf(search);
  query.set("since", search.from === "" ? isoTime(nowMs - spanMs(search)) : search.from);
  if (search.to !== "") query.set("until", search.to);
  return query;
}

/** {@link queryOf}, to be counted in so many steps, which stay where they are as time goes on. */
export function summaryQueryOf(search: JournalSearch, nowMs: number, steps: number): URLSearchParams {
  const query = queryOf(search, nowMs);
  query.set("steps", String(steps));
  if (search.from !== "") return query;
  const stepMs = spanMs(search) / steps;
  const untilMs = Math.ceil(nowMs / stepMs) * stepMs;
  query.set("since", isoTime(untilMs - steps * stepMs));
  query.set("until", isoTime(untilMs));
  return query;
}

function spanMs({ span }: JournalSearch): number {
  return SPANS[span]?.ms ?? 0;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
