import type { OptionsSchema } from "@plinth/core";
import { z } from "zod";

export interface DiskStorageOptions {
  /** Folder that holds `<model>/<version>/`. */
  readonly root: string;
  /**
   * How long nothing in a version's folder must have changed before it counts as whole, in milliseconds. 0: it counts at once,
   * which is for those who only ever rename finished folders into place.
   */
  readonly settleMs: number;
}

export const options: OptionsSchema<DiskStorageOptions> = z.strictObject({
  root: z.string().min(1).describe("Folder that holds <model>/<version>/, relative to the configuration file"),
  settleMs: z
    .int()
    .nonnegative()
    .default(2_000)
    .describe("How long a version's folder must have been left alone before it counts as whole, in milliseconds"),
});
