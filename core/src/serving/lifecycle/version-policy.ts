import type { VersionPolicy } from "../../extension-points/deployments.js";
import { type ModelVersion, newestFirst } from "../../model/model-version.js";

/** The newest version alone: TensorFlow Serving's default. */
export const DEFAULT_VERSION_POLICY: VersionPolicy = { kind: "latest", count: 1 };

/** The versions of `existing` that the policy asks for, newest first. Numbers that come twice count once. */
export function aspiredVersions(policy: VersionPolicy, existing: Iterable<ModelVersion>): readonly ModelVersion[] {
  const versions = [...new Set(existing)].sort(newestFirst);
  switch (policy.kind) {
    case "latest":
      return versions.slice(0, policy.count);
    case "all":
      return versions;
    case "specific":
      return versions.filter((version) => policy.versions.includes(version));
  }
}
