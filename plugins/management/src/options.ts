import type { OptionsSchema } from "@plinth/core";
import { z } from "zod";

export interface ManagementOptions {
  /** Largest upload of one version, packed or unpacked, in bytes. */
  readonly maxUploadBytes: number;
}

/** 8 GiB: more than the largest models that people serve on one machine without an accelerator. */
const DEFAULT_MAX_UPLOAD_BYTES = 8 * 1024 ** 3;

export const managementOptions: OptionsSchema<ManagementOptions> = z.strictObject({
  maxUploadBytes: z
    .int()
    .min(1)
    .default(DEFAULT_MAX_UPLOAD_BYTES)
    .describe("Largest upload of one version, packed or unpacked, in bytes."),
});
