import { z } from "zod";

/** From what is usual to what needs somebody. */
export const LEVELS = ["info", "warn", "error"] as const;

export const KINDS = ["server", "deployment", "state", "shadow", "request", "failure", "error"] as const;

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

export const journalPage = z
  .strictObject({
    items: z.array(journalEntry).describe("Newest first."),
    dropped: z.int().min(0).describe("Entries since the start that were lost because writing could not keep up."),
    _links: z
      .record(z.string(), z.strictObject({ href: z.string() }))
      .describe("next: older ones, while there may be some."),
  })
  .meta({ id: "JournalPage" });

export type EntryLevel = (typeof LEVELS)[number];
export type EntryKind = (typeof KINDS)[number];
export type JournalEntry = z.output<typeof journalEntry>;
export type JournalPage = z.output<typeof journalPage>;
export type TensorJson = z.output<typeof tensor>;

/** What is to be written: it gets its number when it is. */
export type NewEntry = Omit<JournalEntry, "id">;
