import type { OptionsSchema } from "@plinth/core";
import { z } from "zod";

export interface ManagementOptions {
  /** Largest upload of one version, packed or unpacked, in bytes. */
  readonly maxUploadBytes: number;
  /** Where parts of uploads are kept until they are whole; absent: a temporary folder that does not outlive the process. */
  readonly uploadDirectory?: string | undefined;
  readonly maxOpenUploads: number;
  /** How long nothing may come of an upload before it is dropped, in milliseconds. */
  readonly uploadExpiryMs: number;
}

/** 8 GiB: more than the largest models that people serve on one machine without an accelerator. */
const DEFAULT_MAX_UPLOAD_BYTES = 8 * 1024 ** 3;

export const managementOptions: OptionsSchema<ManagementOptions> = z.strictObject({
  maxUploadBytes: z
    .int()
    .min(1)
    .default(DEFAULT_MAX_UPLOAD_BYTES)
    .describe("Largest upload of one version, packed or unpacked, in bytes."),
  uploadDirectory: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Where parts of uploads are kept until they are whole, relative to the configuration's folder. Left out: a temporary folder, " +
        "so that uploads cannot go on after a new start.",
    ),
  maxOpenUploads: z.int().min(1).max(10_000).default(16).describe("Most uploads in parts that are under way at once."),
  uploadExpiryMs: z
    .int()
    .min(1)
    .default(86_400_000)
    .describe("How long nothing may come of an upload before it is dropped, in milliseconds."),
});
