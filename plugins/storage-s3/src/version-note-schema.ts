import { z } from "zod";
import type { VersionNote } from "./version-note.js";

const path = z.string().min(1);
const bytes = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const owner = z.strictObject({ host: z.string(), process: z.int(), startedAtMs: z.number() });
const uploadedFile = z.strictObject({ path, bytes, sha256, uploadId: z.string(), parts: z.array(z.string()) });

/** What a note must look like: whoever may write to the bucket may have written anything. */
export const versionNoteSchema: z.ZodType<VersionNote> = z.discriminatedUnion("state", [
  z.strictObject({
    state: z.literal("publishing"),
    id: z.string(),
    owner: owner.exactOptional(),
    files: z.array(uploadedFile),
    unfinished: z.array(z.strictObject({ path, uploadId: z.string() })),
  }),
  z.strictObject({ state: z.literal("committed"), id: z.string(), files: z.array(uploadedFile) }),
  z.strictObject({
    state: z.literal("published"),
    id: z.string(),
    files: z.array(z.strictObject({ path, bytes, sha256, etag: z.string() })),
  }),
  z.strictObject({ state: z.literal("removing"), id: z.string(), owner }),
]);
