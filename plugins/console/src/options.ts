import { z } from "zod";

/** None so far. */
export type ConsoleOptions = Readonly<Record<string, never>>;

export const consoleOptions: z.ZodType<ConsoleOptions> = z.strictObject({});
