import { PlinthError } from "@plinth/core";
import { z } from "zod";
import { type JournalEntry, KINDS, LEVELS, MAX_STEPS } from "./entry.js";

const filters = {
  model: z.string().min(1).optional().describe("Only of this model."),
  version: z
    .string()
    .regex(/^[0-9]{1,19}$/)
    .optional()
    .describe("Only of this version."),
  level: z.enum(LEVELS).optional().describe("Only of this level and those above."),
  kind: z.enum(KINDS).optional().describe("Only of this kind."),
  reason: z.string().min(1).max(128).optional().describe("Only of this reason, as INPUT_MISSING."),
  text: z.string().min(1).max(256).optional().describe("Only those that hold this text, in either case."),
};

const range = {
  since: z.iso.datetime({ offset: true }).optional().describe("Not before this time."),
  until: z.iso.datetime({ offset: true }).optional().describe("Before this time."),
};

export const journalFilter = z.strictObject(filters);

export const journalRange = z.strictObject({ ...filters, ...range });

export const journalQuery = z.strictObject({
  ...filters,
  ...range,
  before: z.coerce.number().int().min(1).optional().describe("Only entries of smaller ids."),
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe("At most this many."),
});

export const summaryQuery = z.strictObject({
  ...filters,
  since: range.since.describe("Not before this time. Default: a day before the end."),
  until: range.until.describe("Before this time. Default: now."),
  steps: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_STEPS)
    .default(60)
    .describe("How many stretches of time it is counted in."),
});

export type JournalFilter = z.output<typeof journalFilter>;
export type JournalQuery = z.output<typeof journalQuery>;
export type SummaryQuery = z.output<typeof summaryQuery>;

/** Reads what stands behind the question mark. @throws PlinthError `REQUEST_INVALID` */
export function parseParameters<Query>(schema: z.ZodType<Query>, parameters: URLSearchParams): Query {
  const repeated = [...new Set(parameters.keys())].find((key) => parameters.getAll(key).length > 1);
  if (repeated !== undefined) throw invalid(`expected ${repeated} once, got it several times`);
  const parsed = schema.safeParse(Object.fromEntries(parameters));
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues.map(({ path, message }) => [...path, message].join(": ")).join("; "));
}

/** Whether an entry is one of those that are asked for. */
export function matcherOf({
  model,
  version,
  level,
  kind,
  reason,
  text,
}: JournalFilter): (entry: JournalEntry) => boolean {
  const leastLevel = level === undefined ? 0 : LEVELS.indexOf(level);
  const sought = text?.toLowerCase();
  return (entry) =>
    LEVELS.indexOf(entry.level) >= leastLevel &&
    (model === undefined || entry.model === model) &&
    (version === undefined || entry.version === version) &&
    (kind === undefined || entry.kind === kind) &&
    (reason === undefined || entry.reason === reason || countsReason(entry, reason)) &&
    (sought === undefined || JSON.stringify(entry).toLowerCase().includes(sought));
}

/** Whether it tells of failures beyond those that are written one by one, this reason among them. */
function countsReason({ details }: JournalEntry, reason: string): boolean {
  const { reasons } = details ?? {};
  return typeof reasons === "object" && reasons !== null && Object.hasOwn(reasons, reason);
}

function invalid(what: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", `The query of the journal: ${what.slice(0, 1_000)}`);
}
