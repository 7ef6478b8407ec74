import { z } from "zod";

/** TensorFlow Serving's REST port, as its container images have it. */
const DEFAULT_PORT = 8501;

export interface RestOptions {
  /** Port to listen on; 0 takes any that is free. */
  readonly port: number;
}

export const restOptions: z.ZodType<RestOptions> = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(DEFAULT_PORT)
    .describe(`Port to listen on; 0 takes any that is free. Default: ${DEFAULT_PORT}`),
});
