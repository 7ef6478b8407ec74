import { z } from "zod";

/*
 * Every document that the management API sends or takes. The OpenAPI description, the checks of requests and the client of the
 * command line are made from these alone. Versions are decimal text, since JSON's numbers are not exact past 2^53; times are
 * ISO 8601 in UTC.
 */

export const versionNumber = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,18})$/)
  .meta({ id: "VersionNumber", description: "The number of a version, 0 to 2^63 - 1, in decimal.", examples: ["3"] });

const link = z
  .strictObject({ href: z.string() })
  .meta({ id: "Link", description: "Where to go on, relative to the server." });

export const links = z.record(z.string(), link).meta({ id: "Links" });

export const problem = z
  .looseObject({
    type: z.string().describe("A URI of the kind of problem: `urn:plinth:error:` and the reason."),
    title: z.string().describe("The reason in words."),
    status: z.int(),
    detail: z.string().describe("What was expected, what came, and the likely fix."),
    reason: z.string().describe("A stable word for programs, as docs/errors.md lists them."),
    code: z.string().describe("gRPC's name of the code."),
    instance: z.string().optional().describe("The path that was asked for."),
  })
  .meta({ id: "Problem", description: "An error (RFC 9457), with the facts of its details beside." });

export const versionPolicy = z
  .union([
    z.literal("all").describe("Every version in the storage."),
    z.strictObject({ latest: z.int().min(1) }).describe("The newest ones."),
    z.array(versionNumber).max(10_000).describe("These, as far as they exist."),
  ])
  .meta({ id: "VersionPolicy" });

export const shadowRule = z
  .strictObject({
    to: z.string().min(1).describe("A version's number, else a label."),
    percent: z.number().gt(0).max(100).describe("Share of the requests that is mirrored."),
  })
  .meta({ id: "ShadowRule" });

export const trafficRules = z
  .strictObject({
    split: z
      .record(z.string().min(1), z.number().gt(0).max(1_000_000))
      .default({})
      .describe("Weights by version number or label; only ratios count. Empty: the newest available version gets all."),
    stickyBy: z.string().min(1).max(256).optional().describe("Equal values of this header go to the same target."),
    shadow: shadowRule.optional(),
  })
  .meta({ id: "TrafficRules" });

export const deploymentState = z
  .strictObject({
    served: z.boolean().optional(),
    versions: versionPolicy.optional(),
    loaded: z.array(versionNumber).optional(),
    unloaded: z.array(versionNumber).optional(),
    labels: z.record(z.string(), versionNumber).optional(),
    traffic: trafficRules.optional(),
  })
  .meta({ id: "DeploymentState", description: "What was changed at run time; what is absent is as configured." });

export const revisionAction = z
  .looseObject({
    kind: z
      .string()
      .describe(
        "set-label, remove-label, set-traffic, set-versions, load, unload, publish, remove or rollback; load, unload and remove without a " +
          "version are of the model as a whole.",
      ),
  })
  .meta({ id: "RevisionAction", description: "What the revision did: its kind, and what belongs to it." });

export const revision = z
  .strictObject({
    revision: z.int().min(1),
    model: z.string(),
    action: revisionAction,
    who: z.string(),
    why: z.string().optional(),
    at: z.iso.datetime(),
    before: deploymentState,
    after: deploymentState,
    _links: links,
  })
  .meta({ id: "Revision" });

export const revisionList = z.strictObject({ items: z.array(revision), _links: links }).meta({ id: "RevisionList" });

export const version = z
  .strictObject({
    model: z.string(),
    version: versionNumber,
    state: z
      .enum(["start", "loading", "available", "unloading", "end", "error", "stored"])
      .describe("`stored`: in the storage and not wanted."),
    onDemand: z
      .literal(true)
      .optional()
      .describe(
        "It is not in memory; the first request for it has it loaded, and waits for that. Absent: it does not.",
      ),
    since: z.iso.datetime().optional().describe("When it came into that state; absent for `stored`."),
    error: z.strictObject({ reason: z.string(), message: z.string() }).optional(),
    backend: z.string().optional().describe("What loaded it, as `onnx`. Absent where it is not in memory."),
    details: z
      .record(z.string(), z.string())
      .optional()
      .describe("How its backend loaded it, as `engine`: `wasm`. Absent where it is not in memory or nothing is told."),
    labels: z.array(z.string()),
    _links: links,
  })
  .meta({ id: "Version" });

export const versionList = z.strictObject({ items: z.array(version), _links: links }).meta({ id: "VersionList" });

export const label = z
  .strictObject({
    label: z.string(),
    version: versionNumber,
    pinnedBy: z.string().optional().describe("The line of the configuration that pins it, as `config.yaml:14:7`."),
    _links: links,
  })
  .meta({ id: "Label" });

export const labelList = z.strictObject({ items: z.array(label), _links: links }).meta({ id: "LabelList" });

export const labelChange = z
  .strictObject({
    version: versionNumber,
    allowUnavailable: z.boolean().default(false).describe("Also where the version is not in service yet."),
  })
  .meta({ id: "LabelChange" });

export const shadowReport = z
  .strictObject({
    version: versionNumber,
    agreed: z.int().min(0),
    differed: z.int().min(0),
    failed: z.int().min(0),
    dropped: z.int().min(0).describe("Not mirrored because too many were under way."),
    maxDifference: z
      .number()
      .min(0)
      .optional()
      .describe("Largest absolute difference of two numbers in the answers. Absent where there are none to compare."),
  })
  .meta({ id: "ShadowReport", description: "What came of the mirrored requests since the version was loaded." });

export const traffic = z
  .strictObject({
    model: z.string(),
    rules: trafficRules,
    pinnedBy: z.string().optional(),
    shadow: shadowReport.optional(),
    _links: links,
  })
  .meta({ id: "Traffic" });

export const model = z
  .strictObject({
    model: z.string(),
    served: z.boolean(),
    ready: z.boolean().describe("Whether a version of it is available."),
    revision: z.int().min(0).describe("Its newest revision; also its ETag."),
    versionPolicy,
    versions: z.array(version),
    labels: z.record(z.string(), versionNumber),
    traffic: trafficRules,
    pins: z.record(z.string(), z.string()).describe("What the configuration pins, and on which line."),
    error: z.strictObject({ reason: z.string(), message: z.string() }).optional(),
    _links: links,
  })
  .meta({ id: "Model" });

export const modelList = z.strictObject({ items: z.array(model), _links: links }).meta({ id: "ModelList" });

export const modelChange = z
  .strictObject({ versionPolicy: versionPolicy.nullable().describe("null goes back to what is configured.") })
  .meta({ id: "ModelChange" });

export const rollbackRequest = z
  .strictObject({ to: z.int().min(0).describe("The revision after which the model was as it shall be again.") })
  .meta({ id: "RollbackRequest" });

export const reloadReport = z
  .strictObject({
    added: z.array(z.string()),
    removed: z.array(z.string()),
    changed: z.array(z.string()),
    unchanged: z.array(z.string()),
    unavailable: z.record(z.string(), z.string()),
    _links: links,
  })
  .meta({ id: "ReloadReport" });

export const health = z
  .strictObject({
    live: z.literal(true),
    ready: z.boolean(),
    reasons: z.array(z.string()).describe("Why not ready."),
    uptimeMs: z.number(),
    rssBytes: z.int().describe("Resident memory of the server's process."),
    _links: links,
  })
  .meta({ id: "Health" });

export const uploadFile = z
  .strictObject({
    path: z.string().min(1).max(1_024).describe("Relative to the version's folder, with forward slashes."),
    bytes: z.int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .meta({ id: "UploadFile" });

export const uploadRequest = z
  .strictObject({
    model: z.string().min(1),
    version: versionNumber.optional().describe("Default: the one after the highest."),
    files: z.array(uploadFile).min(1).max(10_000),
  })
  .meta({ id: "UploadRequest", description: "Announces the files of a new version." });

export const upload = z
  .strictObject({
    id: z.string(),
    model: z.string(),
    version: versionNumber.optional(),
    expiresAt: z.iso.datetime().describe("When it is dropped unless more of it comes."),
    files: z.array(uploadFile.extend({ received: z.int().min(0).describe("Bytes that are there: go on from here.") })),
    _links: links,
  })
  .meta({ id: "Upload", description: "A new version that is being sent in parts." });

export const uploadList = z.strictObject({ items: z.array(upload), _links: links }).meta({ id: "UploadList" });

export const versionFile = z
  .strictObject({
    path: uploadFile.shape.path,
    bytes: uploadFile.shape.bytes,
    sha256: uploadFile.shape.sha256.optional().describe("Absent where the storage would have to read the file for it."),
  })
  .meta({ id: "VersionFile" });

export const versionFileList = z
  .strictObject({ items: z.array(versionFile), _links: links })
  .meta({ id: "VersionFileList" });

export const published = z
  .strictObject({ version, revision, _links: links })
  .meta({ id: "Published", description: "A version that was added." });

export const entryPoint = z
  .strictObject({ name: z.literal("plinth"), version: z.string(), _links: links })
  .meta({ id: "EntryPoint" });

export type Model = z.output<typeof model>;
export type ModelList = z.output<typeof modelList>;
export type Version = z.output<typeof version>;
export type VersionList = z.output<typeof versionList>;
export type Label = z.output<typeof label>;
export type LabelList = z.output<typeof labelList>;
export type Traffic = z.output<typeof traffic>;
export type TrafficRulesDocument = z.output<typeof trafficRules>;
export type RevisionDocument = z.output<typeof revision>;
export type RevisionList = z.output<typeof revisionList>;
export type Upload = z.output<typeof upload>;
export type UploadFile = z.output<typeof uploadFile>;
export type UploadList = z.output<typeof uploadList>;
export type VersionFileList = z.output<typeof versionFileList>;
export type Published = z.output<typeof published>;
export type Health = z.output<typeof health>;
export type ReloadReportDocument = z.output<typeof reloadReport>;
export type Problem = z.output<typeof problem>;
