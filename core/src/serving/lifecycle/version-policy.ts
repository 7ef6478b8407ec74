import { type ModelVersion, newestFirst } from "../../model/model-version.js";

/** Which of a model's versions are to be served (TensorFlow Serving's `ServableVersionPolicy`). */
export type VersionPolicy =
  /** The `count` newest. */
  | { readonly kind: "latest"; readonly count: number }
  | { readonly kind: "all" }
  /** These, as far as they exist. */
  | { readonly kind: "specific"; readonly versions: readonly ModelVersion[] };

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
