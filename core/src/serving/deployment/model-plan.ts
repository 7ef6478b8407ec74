import type { Deployment, DeploymentState, TrafficRules, VersionPolicy } from "../../extension-points/deployments.js";
import type { ModelDescription } from "../../extension-points/model-description.js";
import type { LoadingMode } from "../../extension-points/server-settings.js";
import { type ModelVersion, newestFirst, parseModelVersion } from "../../model/model-version.js";
import type { BatchingSettings } from "../batching/batching-settings.js";
import type { BackendSource } from "../execution/backend-source.js";
import { DEFAULT_EXECUTION, type ExecutionSettings } from "../execution/execution-settings.js";
import { availabilityPreserving, type TransitionPolicy } from "../lifecycle/transition-policy.js";
import { aspiredVersions, DEFAULT_VERSION_POLICY } from "../lifecycle/version-policy.js";

/** What the configuration says of one model. What is absent it leaves open. */
export interface ConfiguredModel {
  readonly versions?: VersionPolicy | undefined;
  readonly labels: ReadonlyMap<string, ModelVersion>;
  readonly traffic?: TrafficRules | undefined;
  /** Default: {@link availabilityPreserving}. */
  readonly transition?: TransitionPolicy | undefined;
  /** Default: that of the server. */
  readonly loading?: LoadingMode | undefined;
  /** Instead of all configured backends. */
  readonly backend?: BackendSource | undefined;
  /** Default: {@link DEFAULT_EXECUTION}. */
  readonly execution?: ExecutionSettings | undefined;
  /** Default: each request is run on its own. */
  readonly batching?: BatchingSettings | undefined;
  /** As {@link Deployment.pins}. */
  readonly pins?: ReadonlyMap<string, string> | undefined;
}

/** What is to run of one model, and how. */
export interface ModelPlan extends Omit<Deployment, "stored"> {
  readonly transition: TransitionPolicy;
  readonly loading: LoadingMode;
  readonly backend: BackendSource | undefined;
  readonly execution: ExecutionSettings;
  /** `undefined`: each request is run on its own, unless the description has it otherwise. */
  readonly batching: BatchingSettings | undefined;
  readonly description: ModelDescription | undefined;
}

/** What holds for models about which nobody said anything. */
export interface PlanDefaults {
  readonly served: boolean;
  readonly loading: LoadingMode;
}

/** A model that the configuration does not name. */
const NOT_CONFIGURED: ConfiguredModel = { labels: new Map() };

const NO_RULES: TrafficRules = { split: new Map() };

/**
 * Puts together what the configuration says, what was changed since, and how the model is described; the configuration wins, and the
 * description stands in for defaults only.
 *
 * @param configured `undefined` where it does not name the model
 */
export function planModel(
  model: string,
  configured: ConfiguredModel | undefined,
  description: ModelDescription | undefined,
  defaults: PlanDefaults,
  { state, revision }: { readonly state: DeploymentState; readonly revision: number },
): ModelPlan {
  const { versions, labels, traffic, transition, loading, backend, execution, batching, pins } =
    configured ?? NOT_CONFIGURED;
  const pinsVersions = pins?.has("versions") === true;
  return {
    model,
    revision,
    served: configured !== undefined || (state.served ?? defaults.served),
    versions:
      (pinsVersions ? undefined : state.versions) ?? versions ?? description?.versions ?? DEFAULT_VERSION_POLICY,
    loaded: pinsVersions ? [] : state.loaded,
    unloaded: pinsVersions ? [] : state.unloaded,
    labels: new Map([...state.labels, ...labels]),
    traffic: (pins?.has("traffic") ? undefined : state.traffic) ?? traffic ?? NO_RULES,
    pins: pins ?? new Map(),
    transition: transition ?? availabilityPreserving,
    loading: loading ?? defaults.loading,
    backend,
    execution: execution ?? { ...DEFAULT_EXECUTION, ...description?.execution },
    batching,
    description,
  };
}

/**
 * The versions of `existing` that are to be served, newest first: those that the policy asks for, and those that people, labels
 * or the traffic rules name.
 */
export function wantedVersions(
  plan: Omit<Deployment, "stored">,
  existing: readonly ModelVersion[],
): readonly ModelVersion[] {
  if (!plan.served) return [];
  const unloaded = new Set(plan.unloaded);
  const named = new Set([...plan.loaded, ...versionsInUse(plan).keys()]);
  const byPolicy = aspiredVersions(
    plan.versions,
    existing.filter((version) => !unloaded.has(version)),
  );
  return [...new Set([...byPolicy, ...existing.filter((version) => named.has(version))])].sort(newestFirst);
}

/** The versions that labels and traffic rules name, each with what names it. */
export function versionsInUse({
  labels,
  traffic,
}: Pick<Deployment, "labels" | "traffic">): ReadonlyMap<ModelVersion, string> {
  const uses = new Map<ModelVersion, string>();
  for (const [label, version] of labels) uses.set(version, `the label ${JSON.stringify(label)}`);
  for (const target of targetsOf(traffic)) {
    const version = parseModelVersion(target);
    if (version !== undefined && !uses.has(version)) uses.set(version, "the traffic rules");
  }
  return uses;
}

/** Every target that the rules name. */
export function targetsOf({ split, shadow }: TrafficRules): readonly string[] {
  return [...split.keys(), ...(shadow === undefined ? [] : [shadow.to])];
}

/** The version that a target of traffic rules means: its number, else that of the label. */
export function targetVersion(target: string, labels: ReadonlyMap<string, ModelVersion>): ModelVersion | undefined {
  return parseModelVersion(target) ?? labels.get(target);
}
