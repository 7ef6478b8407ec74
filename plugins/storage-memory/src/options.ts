import type { OptionsSchema } from "@plinth/core";
import { z } from "zod";

export interface MemoryStorageOptions {
  /** Most bytes that all files and records together may take; what would go past is refused with `STORAGE_FULL`. */
  readonly maxBytes: number;
}

export const options: OptionsSchema<MemoryStorageOptions> = z.strictObject({
  maxBytes: z
    .int()
    .positive()
    .default(1024 ** 3)
    .describe("Most bytes that all files and records together may take"),
});
