import { z } from "zod";
import type { ShadowRule, VersionPolicy } from "../../extension-points/deployments.js";
import type { LoadingMode } from "../../extension-points/server-settings.js";
import type { ModelVersion } from "../../model/model-version.js";
import type { BatchingSettings } from "../../serving/batching/batching-settings.js";
import { batchingSection } from "./batching-grammar.js";
import { type ExecutionSection, executionSection } from "./execution-grammar.js";
import { loading, name, pluginUse, version } from "./grammar-words.js";
import type { ModelConfig } from "./server-config.js";

export interface ModelSection {
  readonly path?: string | undefined;
  readonly versions?: VersionPolicy | undefined;
  readonly labels?: ReadonlyMap<string, ModelVersion> | undefined;
  readonly traffic?: ReadonlyMap<string, number> | undefined;
  readonly stickyBy?: string | undefined;
  readonly shadow?: ShadowRule | undefined;
  readonly transition?: ModelConfig["transition"] | undefined;
  readonly loading?: LoadingMode | undefined;
  readonly execution?: ExecutionSection | undefined;
  readonly batching?: BatchingSettings | undefined;
  readonly example?: string | undefined;
}

/** RFC 9110's `token`. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/;

const weight = z
  .number()
  .gt(0, { error: "expected a weight above 0 and up to 1000000; leave the target out for none" })
  .max(1_000_000, { error: "expected a weight above 0 and up to 1000000" });

const percent = z
  .number()
  .gt(0, { error: "expected a percentage above 0 and up to 100" })
  .max(100, { error: "expected a percentage above 0 and up to 100" });

const versions = z
  .union(
    [
      z.literal("all").describe("Every version that the storage holds."),
      z.strictObject({ latest: z.int().min(1).describe("How many of the newest versions.") }),
      z
        .array(version)
        .min(1, { error: "expected at least one version" })
        .describe("These versions, as far as they exist."),
    ],
    { error: "expected all, { latest: 2 } or a list of versions as [3, 7]" },
  )
  .transform((value): VersionPolicy => {
    if (value === "all") return { kind: "all" };
    if (Array.isArray(value)) return { kind: "specific", versions: value };
    return { kind: "latest", count: value.latest };
  })
  .optional()
  .describe(
    "Which versions are served: `all`, `{ latest: 2 }` or a list of numbers. Default: what a file beside the model says, else the newest one.",
  );

/** What stands below a model's name. */
export const modelSection: z.ZodType<ModelSection | null> = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Folder of the model's versions, where it is not the storage's own place for them (`<root>/<name>`); relative to the " +
          "configuration's folder.",
      ),
    backend: z
      .union([z.string().min(1), pluginUse], {
        error: "expected the name of a backend, as onnx, or { use: onnx } with its options",
      })
      .optional()
      .describe(
        "What loads this model: the name of a backend, or `{ use: onnx, ... }` with options that replace those of the " +
          "`backends` section for this model. Default: the first backend that recognises the files.",
      ),
    versions,
    labels: z
      .record(name, version)
      .transform((labels): ReadonlyMap<string, ModelVersion> => new Map(Object.entries(labels)))
      .optional()
      .describe("Names for versions, by which clients may ask for them, as `{ stable: 3, canary: 7 }`."),
    traffic: z
      .record(name, weight)
      .transform((split): ReadonlyMap<string, number> => new Map(Object.entries(split)))
      .optional()
      .describe(
        "Weights of labels or versions for requests that name neither, as `{ stable: 95, canary: 5 }`. Default: the newest " +
          "version gets all.",
      ),
    stickyBy: z
      .string()
      .regex(HEADER_NAME, { error: "expected the name of an HTTP header" })
      .transform((header) => header.toLowerCase())
      .optional()
      .describe("A header (gRPC metadata alike) by whose value requests go to the same target of `traffic` each time."),
    shadow: z
      .record(name, percent)
      .refine((targets) => Object.keys(targets).length === 1, {
        error: "expected one label or version, as { canary: 10 }",
      })
      .transform((targets) => Object.entries(targets).map(([to, share]) => ({ to, percent: share }))[0])
      .optional()
      .describe(
        "Mirrors this percentage of the requests to a label or version, as `{ canary: 10 }`, and compares the answers.",
      ),
    transition: z
      .enum(["availability-preserving", "resource-preserving"])
      .optional()
      .describe(
        "How versions take turns: `availability-preserving` (the default) loads the next before it unloads the last, " +
          "`resource-preserving` unloads first.",
      ),
    loading: loading
      .optional()
      .describe(
        "When versions are loaded: `eager` at once and to stay, `lazy` for the first request. Default: `server.loading`.",
      ),
    execution: executionSection.optional(),
    batching: batchingSection.optional(),
    example: z
      .string()
      .min(1)
      .optional()
      .describe("A file with a request body to try this model with; relative to the configuration's folder."),
  })
  .nullable()
  .describe("A model to serve, by its name in the storage; `{}` or nothing takes every default.");
