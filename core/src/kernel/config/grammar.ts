import { isIP } from "node:net";
import { z } from "zod";
import type { ShadowRule, VersionPolicy } from "../../extension-points/deployments.js";
import type { OptionsSchema } from "../../extension-points/plugin.js";
import type { ServerSettings } from "../../extension-points/server-settings.js";
import { isModelName, MAX_MODEL_NAME_BYTES } from "../../model/model-name.js";
import { MAX_MODEL_VERSION, type ModelVersion } from "../../model/model-version.js";
import type { ModelConfig } from "./server-config.js";

/** The words of `config.yaml` that core itself knows, read. What stands beside a `use` belongs to the plugin. */
export interface ConfigSections {
  readonly server: ServerSettings;
  readonly models?: ReadonlyMap<string, ModelSection | null> | undefined;
}

export interface ModelSection {
  readonly versions: VersionPolicy;
  readonly labels?: ReadonlyMap<string, ModelVersion> | undefined;
  readonly traffic?: ReadonlyMap<string, number> | undefined;
  readonly stickyBy?: string | undefined;
  readonly shadow?: ShadowRule | undefined;
  readonly transition?: ModelConfig["transition"] | undefined;
  readonly example?: string | undefined;
}

/** RFC 9110's `token`. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The number of a version as YAML gives it; bigint where a number would not be exact. */
export function isVersion(value: unknown): value is number | bigint {
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  return isWhole && (value as number | bigint) >= 0 && (value as number | bigint) <= MAX_MODEL_VERSION;
}

const version = z
  .custom<number | bigint>(isVersion, { error: `expected a version, a whole number from 0 to ${MAX_MODEL_VERSION}` })
  .transform(BigInt)
  .meta({ type: "integer", minimum: 0, description: "The number of a version: 0 to 2^63 - 1." });

const name = z
  .string()
  .refine(isModelName, {
    error: `expected a name of 1 to ${MAX_MODEL_NAME_BYTES} bytes without a leading dot, slash, backslash, colon or control character`,
  })
  .meta({ pattern: "^[^./\\\\:\\u0000-\\u001f\\u007f][^/\\\\:\\u0000-\\u001f\\u007f]*$" });

const weight = z
  .number()
  .gt(0, { error: "expected a weight above 0 and up to 1000000; leave the target out for none" })
  .max(1_000_000, { error: "expected a weight above 0 and up to 1000000" });

const percent = z
  .number()
  .gt(0, { error: "expected a percentage above 0 and up to 100" })
  .max(100, { error: "expected a percentage above 0 and up to 100" });

const pluginUse = z.looseObject(
  {
    use: z
      .string()
      .min(1)
      .describe("The plugin: a short name as `disk`, the name of an npm package, or a path that begins with `./`."),
  },
  { error: "expected a mapping that names a plugin, as { use: name }" },
);

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
  .prefault({ latest: 1 })
  .describe("Which versions are served: `all`, `{ latest: 2 }` or a list of numbers. Default: the newest one.");

const model = z
  .strictObject({
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
    example: z
      .string()
      .min(1)
      .optional()
      .describe("A file with a request body to try this model with; relative to the configuration's folder."),
  })
  .nullable()
  .describe("A model to serve, by its name in the storage; `{}` or nothing takes every default.");

const server = z
  .strictObject({
    host: z
      .string()
      .refine(isHost, { error: "expected an IP address or a host name, without a port" })
      .default("127.0.0.1")
      .describe("Address to listen on: an IP address or a host name; `0.0.0.0` and `::` listen on every interface."),
    shutdownDeadlineMs: z
      .int()
      .min(0)
      .max(HOUR_MS)
      .default(30_000)
      .describe(
        "Longest that stopping may take before requests under way are cut, in milliseconds; 0 cuts them at once.",
      ),
    pollIntervalMs: z
      .int()
      .min(10)
      .max(DAY_MS)
      .default(1_000)
      .describe("Pause between two looks into the storage for new versions, in milliseconds."),
    memoryBudgetBytes: z
      .int()
      .min(0)
      .default(0)
      .describe(
        "What all versions in memory may need together, in bytes; a version counts 1.2 times its files. One that does not fit is " +
          "not loaded. 0: no bound.",
      ),
    protectedLabels: z
      .array(name)
      .max(1_000)
      .default([])
      .describe("Labels that are only moved or removed with a reason."),
    limits: z
      .strictObject({
        maxRequestBytes: z
          .int()
          .min(1)
          .max(2 ** 31 - 1)
          .default(64 * 1024 * 1024)
          .describe("Largest body of a request, compressed and unpacked alike, in bytes."),
        requestTimeoutMs: z
          .int()
          .min(1)
          .max(HOUR_MS)
          .default(30_000)
          .describe("Longest time for a request to arrive whole, in milliseconds."),
        maxConnections: z
          .int()
          .min(1)
          .max(1_000_000)
          .default(1_024)
          .describe("Most connections open at once, for each listening port."),
      })
      .prefault({})
      .describe("Bounds on what clients may send."),
  })
  .prefault({})
  .describe("Address, limits and shutdown, the same for all protocols.");

/** The grammar of the configuration but for the plugins' own options, which it lets pass. */
export const CONFIG_GRAMMAR: OptionsSchema<ConfigSections> = z
  .strictObject({
    server,
    storage: pluginUse.describe("Where models are kept."),
    backends: z
      .array(pluginUse)
      .describe("What loads model files; the first that recognises a version's files gets it."),
    protocols: z.array(pluginUse).describe("How clients reach the server."),
    monitors: z.array(pluginUse).describe("What is told of requests and models: metrics, logs, traces."),
    models: z
      .record(name, model)
      .transform((models): ReadonlyMap<string, ModelSection | null> => new Map(Object.entries(models)))
      .optional()
      .describe("The models to serve, by name. Left out: every model that the storage holds, with the defaults."),
  })
  .describe("Configuration of a Plinth model server.");

function isHost(host: string): boolean {
  return isIP(host) > 0 || (host.length <= 253 && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?$/i.test(host));
}
