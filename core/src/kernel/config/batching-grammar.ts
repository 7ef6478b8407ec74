import { z } from "zod";
import type { BatchingSettings } from "../../serving/batching/batching-settings.js";

const MAX_BATCH_SIZE = 65_536;
const MAX_WAIT_MS = 60_000;

/** What stands below a model's `batching`. */
export const batchingSection: z.ZodType<BatchingSettings> = z
  .strictObject({
    maxBatchSize: z.int().min(1).max(MAX_BATCH_SIZE).default(32).describe("Largest batch, in rows of the first axis."),
    maxWaitMs: z
      .number()
      .min(0)
      .max(MAX_WAIT_MS)
      .default(0)
      .describe(
        "Longest that the first request of a batch waits for others while an instance is free, in milliseconds. 0: a batch is " +
          "what has gathered while all were busy.",
      ),
    targetLatencyMs: z
      .number()
      .gt(0)
      .max(MAX_WAIT_MS)
      .optional()
      .describe(
        "Has the wait chosen, up to `maxWaitMs`, so that requests are answered within this time, in milliseconds.",
      ),
    allowedBatchSizes: z
      .array(z.int().min(1).max(MAX_BATCH_SIZE))
      .min(1)
      .optional()
      .describe("Sizes that batches are padded to, ascending; the last one is `maxBatchSize`. Default: every size."),
    padVariableLength: z
      .boolean()
      .default(false)
      .describe("Whether requests of different lengths on other axes are padded to the longest."),
    splitLarge: z
      .boolean()
      .default(true)
      .describe("Whether a request of more rows than `maxBatchSize` is run in parts; else it is refused."),
  })
  .superRefine(({ allowedBatchSizes, maxBatchSize }, context) => {
    if (allowedBatchSizes === undefined) return;
    const isAscending = allowedBatchSizes.every(
      (size, index) => index === 0 || size > (allowedBatchSizes[index - 1] ?? 0),
    );
    if (isAscending && allowedBatchSizes.at(-1) === maxBatchSize) return;
    context.addIssue({
      code: "custom",
      path: ["allowedBatchSizes"],
      message: `expected ascending sizes of which the last is maxBatchSize (${maxBatchSize})`,
    });
  })
  .describe("Runs several requests together, for models that gain from it. Left out: each request is run on its own.");
