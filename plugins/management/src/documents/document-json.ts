import type { DeploymentState, PlinthError, Revision, RevisionAction, TrafficRules, VersionPolicy } from "@plinth/core";
import type { z } from "zod";
import type { deploymentState, revision as revisionSchema, trafficRules, versionPolicy } from "../resources.js";

/*
 * Core's words as JSON and back: versions as decimal text, maps as objects, policies as in the configuration.
 */

export function policyJson(policy: VersionPolicy): z.input<typeof versionPolicy> {
  if (policy.kind === "all") return "all";
  return policy.kind === "latest" ? { latest: policy.count } : policy.versions.map(String);
}

export function policyOf(json: z.output<typeof versionPolicy>): VersionPolicy {
  if (json === "all") return { kind: "all" };
  return Array.isArray(json)
    ? { kind: "specific", versions: json.map(BigInt) }
    : { kind: "latest", count: json.latest };
}

export function trafficJson({ split, stickyBy, shadow }: TrafficRules): z.output<typeof trafficRules> {
  return {
    split: Object.fromEntries(split),
    ...(stickyBy !== undefined && { stickyBy }),
    ...(shadow !== undefined && { shadow }),
  };
}

export function trafficOf({ split, stickyBy, shadow }: z.output<typeof trafficRules>): TrafficRules {
  return { split: new Map(Object.entries(split)), stickyBy: stickyBy?.toLowerCase(), shadow };
}

export function labelsJson(labels: ReadonlyMap<string, bigint>): Record<string, string> {
  return Object.fromEntries([...labels].map(([label, version]) => [label, String(version)]));
}

export function revisionJson({
  revision,
  model,
  action,
  who,
  why,
  atMs,
  before,
  after,
}: Revision): z.output<typeof revisionSchema> {
  const self = `/api/history/${revision}`;
  return {
    revision,
    model,
    action: actionJson(action),
    who,
    ...(why !== undefined && { why }),
    at: new Date(atMs).toISOString(),
    before: stateJson(before),
    after: stateJson(after),
    _links: { self: { href: self }, model: { href: modelPath(model) } },
  };
}

export function errorJson({ reason, message }: PlinthError): { reason: string; message: string } {
  return { reason, message };
}

export function modelPath(model: string): string {
  return `/api/models/${encodeURIComponent(model)}`;
}

function actionJson(action: RevisionAction): { kind: string; [key: string]: unknown } {
  switch (action.kind) {
    case "set-traffic":
      return { kind: action.kind, ...(action.traffic !== undefined && { traffic: trafficJson(action.traffic) }) };
    case "set-versions":
      return { kind: action.kind, ...(action.versions !== undefined && { versions: policyJson(action.versions) }) };
    case "remove-label":
    case "rollback":
      return { ...action };
    default:
      return { ...action, ...(action.version !== undefined && { version: String(action.version) }) };
  }
}

function stateJson({
  served,
  versions,
  loaded,
  unloaded,
  labels,
  traffic,
}: DeploymentState): z.output<typeof deploymentState> {
  return {
    ...(served !== undefined && { served }),
    ...(versions !== undefined && { versions: policyJson(versions) }),
    ...(loaded.length > 0 && { loaded: loaded.map(String) }),
    ...(unloaded.length > 0 && { unloaded: unloaded.map(String) }),
    ...(labels.size > 0 && { labels: labelsJson(labels) }),
    ...(traffic !== undefined && { traffic: trafficJson(traffic) }),
  };
}
