import { z } from "zod";
import type { ExecutorKind } from "../../serving/execution/execution-settings.js";

/** What stands below a model's `execution`. */
export interface ExecutionSection {
  readonly executor: ExecutorKind;
  readonly instances?: number | undefined;
  readonly maxQueuedRequests: number;
}

const MAX_INSTANCES = 256;

export const executionSection: z.ZodType<ExecutionSection> = z
  .strictObject({
    executor: z
      .enum(["auto", "inline", "thread", "process"])
      .default("auto")
      .describe(
        "Where it runs: `inline` on the thread that serves requests, in a `thread`, in a child `process`, or as `auto` " +
          "finds best.",
      ),
    instances: z
      .int()
      .min(1)
      .max(MAX_INSTANCES)
      .optional()
      .describe("How many of it are loaded, to run at the same time. Default: one for each core."),
    maxQueuedRequests: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(256)
      .describe("Requests that wait for an instance at most; one more is refused at once."),
  })
  .describe(
    "Where the model runs. Left out: in as many places as a file beside the model says, else as everything below is by default.",
  );
