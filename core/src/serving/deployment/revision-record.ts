import { z } from "zod";
import type {
  DeploymentState,
  Revision,
  RevisionAction,
  TrafficRules,
  VersionPolicy,
} from "../../extension-points/deployments.js";
import type { JsonValue } from "../../extension-points/storage.js";
import { parseModelVersion } from "../../model/model-version.js";

/*
 * How a revision stands in the storage's records: JSON, versions as decimal text. Documents of a newer form are refused by
 * `format`, never half understood.
 */

const FORMAT = 1;

const version = z.string().transform((text, context) => {
  const parsed = parseModelVersion(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: "custom", message: "expected the number of a version" });
  return z.NEVER;
});

const versions = z
  .union([z.literal("all"), z.strictObject({ latest: z.int().min(1) }), z.array(version)])
  .transform((policy): VersionPolicy => {
    if (policy === "all") return { kind: "all" };
    return Array.isArray(policy) ? { kind: "specific", versions: policy } : { kind: "latest", count: policy.latest };
  });

const mapOf = <T extends z.ZodType>(value: T) =>
  z.record(z.string(), value).transform((record): ReadonlyMap<string, z.output<T>> => new Map(Object.entries(record)));

const traffic = z
  .strictObject({
    split: mapOf(z.number()),
    stickyBy: z.string().optional(),
    shadow: z.strictObject({ to: z.string(), percent: z.number() }).optional(),
  })
  .transform((rules): TrafficRules => rules);

const state = z
  .strictObject({
    served: z.boolean().optional(),
    versions: versions.optional(),
    loaded: z.array(version),
    unloaded: z.array(version),
    labels: mapOf(version),
    traffic: traffic.optional(),
  })
  .transform((value): DeploymentState => value);

const action: z.ZodType<RevisionAction> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("set-label"),
    label: z.string(),
    version,
    allowUnavailable: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal("remove-label"), label: z.string() }),
  z.strictObject({ kind: z.literal("set-traffic"), traffic: traffic.optional() }).transform(present("traffic")),
  z.strictObject({ kind: z.literal("set-versions"), versions: versions.optional() }).transform(present("versions")),
  z.strictObject({ kind: z.literal("load"), version: version.optional() }),
  z.strictObject({ kind: z.literal("unload"), version: version.optional() }),
  z.strictObject({ kind: z.literal("publish"), version }),
  z.strictObject({ kind: z.literal("remove"), version: version.optional() }),
  z.strictObject({ kind: z.literal("rollback"), to: z.int() }),
]);

const document = z.strictObject({
  format: z.literal(FORMAT),
  revision: z.int().min(1),
  model: z.string(),
  action,
  who: z.string(),
  why: z.string().optional(),
  atMs: z.number(),
  before: state,
  after: state,
});

/** @throws where it is not a revision of this form. */
export function parseRevision(value: JsonValue): Revision {
  const { format: _, ...revision } = document.parse(value);
  return revision;
}

export function revisionJson(revision: Revision): JsonValue {
  return plain({ format: FORMAT, ...revision }) as JsonValue;
}

/** Maps become objects, versions text, policies their short form; what is `undefined` is left out. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [key, plain(each)]));
  if (typeof value !== "object" || value === null) return value;
  if (isVersionPolicy(value)) return policyJson(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, plain(each)]));
}

function isVersionPolicy(value: object): value is VersionPolicy {
  return "kind" in value && (value.kind === "latest" || value.kind === "all" || value.kind === "specific");
}

function policyJson(policy: VersionPolicy): unknown {
  if (policy.kind === "all") return "all";
  return policy.kind === "latest" ? { latest: policy.count } : policy.versions.map(String);
}

/** Gives an absent key the value `undefined`, which is what it means. */
function present<K extends string>(key: K) {
  return <T extends { readonly [each in K]?: unknown }>(value: T): T & Record<K, T[K]> =>
    ({ [key]: undefined, ...value }) as T & Record<K, T[K]>;
}
