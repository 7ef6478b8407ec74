import { z } from "zod";

/** None so far. */
export type TritonRepositoryOptions = Readonly<Record<string, never>>;

export const tritonRepositoryOptions: z.ZodType<TritonRepositoryOptions> = z.strictObject({});
