import { z } from "zod";
import type { LoadingMode } from "../../extension-points/server-settings.js";
import { isModelName, MAX_MODEL_NAME_BYTES } from "../../model/model-name.js";
import { MAX_MODEL_VERSION } from "../../model/model-version.js";

/** The number of a version as YAML gives it; bigint where a number would not be exact. */
export function isVersion(value: unknown): value is number | bigint {
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  return isWhole && (value as number | bigint) >= 0 && (value as number | bigint) <= MAX_MODEL_VERSION;
}

export const version: z.ZodType<bigint, number | bigint> = z
  .custom<number | bigint>(isVersion, { error: `expected a version, a whole number from 0 to ${MAX_MODEL_VERSION}` })
  .transform(BigInt)
  .meta({ type: "integer", minimum: 0, description: "The number of a version: 0 to 2^63 - 1." });

/** When versions are loaded. */
export const loading: z.ZodType<LoadingMode, LoadingMode> = z.enum(["eager", "lazy"]);

/** A model's name, and a label. */
export const name: z.ZodType<string, string> = z
  .string()
  .refine(isModelName, {
    error: `expected a name of 1 to ${MAX_MODEL_NAME_BYTES} bytes without a leading dot, slash, backslash, colon or control character`,
  })
  .meta({ pattern: "^[^./\\\\:\\u0000-\\u001f\\u007f][^/\\\\:\\u0000-\\u001f\\u007f]*$" });

export const pluginUse: z.ZodType<{ use: string }> = z.looseObject(
  {
    use: z
      .string()
      .min(1)
      .describe("The plugin: a short name as `disk`, the name of an npm package, or a path that begins with `./`."),
  },
  { error: "expected a mapping that names a plugin, as { use: name }" },
);
