import { z } from "zod";

/** From what is usual to what needs somebody. */
export const LEVELS = ["info", "warn", "error"] as const;

export const KINDS = ["server", "deployment", "state", "shadow", "request", "failure", "error"] as const;

/** Most stretches of time that entries are counted in. */
export const MAX_STEPS = 240;

const tensor = z
  .strictObject({
    dtype: z.string(),
    shape: z.array(z.int()),
    data: z
      .union([z.array(z.union([z.number(), z.string(), z.boolean()])), z.null()])
      .describe("Row by row; strings that are no UTF-8 as base64:..., null: left out."),
  })
  .meta({ id: "JournalTensor" });

const tensors = z.record(z.string(), tensor);

export const journalEntry = z
  .strictObject({
    id: z.int().min(1).describe("Grows by one with each entry."),
    at: z.iso.datetime(),
    level: z.enum(LEVELS),
    kind: z
      .enum(KINDS)
      .describe(
        "server: started; deployment: a revision; state: of a version; shadow: mirrored answers that differ; request: sampled; " +
          "failure: of a request; error: of the server.",
      ),
    model: z.string().optional(),
    version: z.string().optional(),
    message: z.string(),
    reason: z.string().optional().describe("A stable word for what went wrong, as docs/errors.md lists them."),
    code: z.string().optional(),
    stack: z.string().optional(),
    requestId: z.string().optional(),
    traceparent: z.string().optional(),
    protocol: z.string().optional(),
    signature: z.string().optional(),
    durationMs: z.number().optional(),
    inputs: tensors.optional(),
    outputs: tensors.optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: "JournalEntry" });

const links = z.record(z.string(), z.strictObject({ href: z.string() }));

/** An entry as it is sent. */
export const journalEntryDocument = journalEntry
  .extend({ _links: links })
  .meta({ id: "JournalEntryDocument", description: "Something that happened." });

const kept = z
  .strictObject({
    in: z.enum(["files", "memory"]).describe("memory: what happened before the start is not known."),
    maxBytes: z.int(),
    maxAgeMs: z.int(),
  })
  .meta({ id: "JournalKept", description: "Where entries are kept, and within which bounds." });

export const journalPage = z
  .strictObject({
    items: z.array(journalEntryDocument).describe("Newest first."),
    dropped: z.int().min(0).describe("Entries since the start that were lost because writing could not keep up."),
    kept,
    _links: links.describe("next: older ones, while there may be some."),
  })
  .meta({ id: "JournalPage" });

const count = z.int().min(0);

const step = z
  .object({ at: z.iso.datetime().describe("When it began."), info: count, warn: count, error: count })
  .meta({ id: "JournalStep", description: "How many entries of which level came in a stretch of time." });

const group = z
  .object({
    kind: z.enum(KINDS),
    reason: z.string().optional(),
    model: z.string().optional(),
    version: z.string().optional(),
    level: z.enum(LEVELS).describe("The worst among them."),
    count: z.int().min(1),
    firstAt: z.iso.datetime(),
    lastAt: z.iso.datetime(),
    lastId: z.int().min(1).describe("The newest of them."),
    message: z.string().describe("That of the newest."),
  })
  .meta({ id: "JournalGroup", description: "Entries of one kind and reason, of one version of a model." });

export const journalSummary = z
  .strictObject({
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    stepMs: z.number().describe("Length of a step, in milliseconds."),
    total: count.describe("Failed requests that were only counted are among them."),
    steps: z.array(step).max(MAX_STEPS).describe("Oldest first; those in which nothing came are left out."),
    groups: z
      .array(group.extend({ _links: links }))
      .max(100)
      .describe("The most frequent first."),
    otherGroups: count.describe("Groups beyond these, at least."),
    lookedBackTo: z.iso
      .datetime()
      .optional()
      .describe("Where there was too much to be counted in one go: what is older than this is not in it."),
    _links: links,
  })
  .meta({ id: "JournalSummary" });

export type EntryLevel = (typeof LEVELS)[number];
export type EntryKind = (typeof KINDS)[number];
export type JournalEntry = z.output<typeof journalEntry>;
export type JournalEntryDocument = z.output<typeof journalEntryDocument>;
export type JournalPage = z.output<typeof journalPage>;
export type JournalSummaryDocument = z.output<typeof journalSummary>;
export type JournalGroup = z.output<typeof group>;
export type SummaryStep = z.output<typeof step>;
export type TensorJson = z.output<typeof tensor>;

/** What is to be written: it gets its number when it is. */
export type NewEntry = Omit<JournalEntry, "id">;
