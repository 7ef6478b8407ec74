import {
  canAnswer,
  type Deployment,
  type ModelServer,
  type ModelStatus,
  type ModelVersion,
  newestFirst,
  PlinthError,
} from "@plinth/core";
import type { z } from "zod";
import type { Management } from "../operation.js";
import type {
  label as labelSchema,
  model as modelSchema,
  shadowReport,
  traffic as trafficSchema,
  version as versionSchema,
} from "../resources.js";
import type { DescribedVersion } from "../signature-resources.js";
import { errorJson, labelsJson, modelPath, policyJson, trafficJson } from "./document-json.js";
import { signatureDocuments } from "./signature-documents.js";

/** @throws PlinthError `MODEL_NOT_FOUND` */
export function knownDeployment({ deployments }: Management, model: string): Deployment {
  const deployment = deployments.deployment(model);
  if (deployment !== undefined) return deployment;
  throw new PlinthError(
    "MODEL_NOT_FOUND",
    `There is no model ${JSON.stringify(model.slice(0, 256))}; GET /api/models lists those that there are`,
  );
}

export function modelDocument(deployment: Deployment, server: ModelServer): z.output<typeof modelSchema> {
  const { model, served, revision, versions, labels, traffic, pins } = deployment;
  const status = server.status(model);
  const path = modelPath(model);
  return {
    model,
    served,
    ready: status?.versions.some(canAnswer) === true,
    revision,
    versionPolicy: policyJson(versions),
    versions: versionDocuments(deployment, server),
    labels: labelsJson(labels),
    traffic: trafficJson(traffic),
    pins: Object.fromEntries(pins),
    ...(status?.error !== undefined && { error: errorJson(status.error) }),
    _links: {
      self: { href: path },
      versions: { href: `${path}/versions` },
      labels: { href: `${path}/labels` },
      traffic: { href: `${path}/traffic` },
      history: { href: `${path}/history` },
      statistics: { href: `${path}/statistics` },
    },
  };
}

/** Versions in the storage and those that are still served, newest first. */
export function versionDocuments(deployment: Deployment, server: ModelServer): z.output<typeof versionSchema>[] {
  const served = server.status(deployment.model)?.versions ?? [];
  const numbers = new Set([...deployment.stored, ...served.map(({ version }) => version)]);
  return [...numbers].sort(newestFirst).map((version) => versionDocument(deployment, server, version));
}

/** @throws PlinthError `VERSION_NOT_FOUND` */
export function knownVersion(
  deployment: Deployment,
  server: ModelServer,
  version: ModelVersion,
): z.output<typeof versionSchema> {
  const document = versionDocuments(deployment, server).find((each) => each.version === String(version));
  if (document !== undefined) return document;
  throw new PlinthError(
    "VERSION_NOT_FOUND",
    `Model ${deployment.model} has no version ${version}, neither in the storage nor served`,
  );
}

/** A version and how it is called. @throws PlinthError `VERSION_NOT_FOUND` */
export function describedVersionDocument(
  deployment: Deployment,
  server: ModelServer,
  version: ModelVersion,
): DescribedVersion {
  const status = server.status(deployment.model)?.versions.find((each) => each.version === version);
  return {
    ...knownVersion(deployment, server, version),
    ...(status?.signatures !== undefined && { signatures: signatureDocuments(status.signatures) }),
  };
}

function versionDocument(
  { model, labels }: Deployment,
  server: ModelServer,
  version: ModelVersion,
): z.output<typeof versionSchema> {
  const status = server.status(model)?.versions.find((each) => each.version === version);
  const path = `${modelPath(model)}/versions/${version}`;
  return {
    model,
    version: String(version),
    state: status?.state ?? "stored",
    ...(status?.onDemand === true && { onDemand: true as const }),
    ...(status !== undefined && { since: new Date(status.sinceMs).toISOString() }),
    ...(status?.error !== undefined && { error: errorJson(status.error) }),
    ...(status?.backend !== undefined && { backend: status.backend }),
    ...(status?.details !== undefined && { details: Object.fromEntries(status.details) }),
    labels: [...labels].filter(([, labelled]) => labelled === version).map(([label]) => label),
    _links: {
      self: { href: path },
      model: { href: modelPath(model) },
      files: { href: `${path}/files` },
      content: { href: `${path}/content` },
      statistics: { href: `${path}/statistics` },
    },
  };
}

export function labelDocument({ model, labels, pins }: Deployment, label: string): z.output<typeof labelSchema> {
  const version = labels.get(label);
  if (version === undefined) {
    const known = [...labels.keys()].map((each) => JSON.stringify(each)).join(", ");
    throw new PlinthError(
      "LABEL_NOT_FOUND",
      `Model ${model} has no label ${JSON.stringify(label.slice(0, 256))}; it has ${known || "none"}`,
    );
  }
  const pinnedBy = pins.get(`labels.${label}`);
  const path = modelPath(model);
  return {
    label,
    version: String(version),
    ...(pinnedBy !== undefined && { pinnedBy }),
    _links: {
      self: { href: `${path}/labels/${encodeURIComponent(label)}` },
      model: { href: path },
      version: { href: `${path}/versions/${version}` },
    },
  };
}

export function trafficDocument(
  { model, traffic, pins }: Deployment,
  server: ModelServer,
): z.output<typeof trafficSchema> {
  const pinnedBy = pins.get("traffic");
  const shadow = server.status(model)?.shadow;
  return {
    model,
    rules: trafficJson(traffic),
    ...(pinnedBy !== undefined && { pinnedBy }),
    ...(shadow !== undefined && { shadow: shadowJson(shadow) }),
    _links: { self: { href: `${modelPath(model)}/traffic` }, model: { href: modelPath(model) } },
  };
}

/** JSON has no infinite differences. */
function shadowJson({
  version,
  maxDifference,
  ...counts
}: NonNullable<ModelStatus["shadow"]>): z.output<typeof shadowReport> {
  const isKnown = maxDifference !== undefined && Number.isFinite(maxDifference);
  return { version: String(version), ...counts, ...(isKnown && { maxDifference }) };
}
