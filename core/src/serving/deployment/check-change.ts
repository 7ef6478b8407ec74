import { isDeepStrictEqual } from "node:util";
import type {
  Deployment,
  DeploymentChange,
  DeploymentState,
  TrafficRules,
} from "../../extension-points/deployments.js";
import { PlinthError } from "../../model/errors.js";
import { isModelName } from "../../model/model-name.js";
import { checkModelVersion, type ModelVersion, parseModelVersion } from "../../model/model-version.js";
import { quotedNames } from "../../model/quoted-names.js";
import { canAnswer, type VersionStatus } from "../../model/version-state.js";
import { targetsOf, versionsInUse, wantedVersions } from "./model-plan.js";

/** What a change is judged by. */
export interface ChangeSurroundings {
  readonly deployment: Deployment;
  /** What versions do now; those that are not wanted are not in it. */
  readonly statuses: ReadonlyMap<ModelVersion, VersionStatus>;
  readonly protectedLabels: readonly string[];
  readonly why: string | undefined;
}

const MAX_TARGETS = 100;
const MAX_WEIGHT = 1_000_000;
const MAX_LABELS = 1_000;
const MAX_POLICY_VERSIONS = 10_000;

/** RFC 9110's `token`, in lower case; gRPC metadata keys are of the same form. */
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,256}$/;

/**
 * Refuses a change that cannot be.
 *
 * @throws PlinthError as `Deployments.change`
 */
export function checkChange(change: DeploymentChange, surroundings: ChangeSurroundings): void {
  const { deployment } = surroundings;
  switch (change.kind) {
    case "set-label":
      checkLabelName(change.label, deployment);
      checkNotPinned(deployment, `labels.${change.label}`);
      checkProtected(change.label, surroundings);
      checkModelVersion(change.version);
      if (change.allowUnavailable !== true) checkAvailable(change.version, change.label, surroundings);
      return;
    case "remove-label":
      checkHasLabel(change.label, deployment);
      checkNotPinned(deployment, `labels.${change.label}`);
      checkProtected(change.label, surroundings);
      checkNotRouted(change.label, deployment);
      return;
    case "set-traffic":
      checkNotPinned(deployment, "traffic");
      if (change.traffic !== undefined) checkTraffic(change.traffic, surroundings);
      return;
    case "set-versions":
      checkNotPinned(deployment, "versions");
      if (change.versions?.kind === "specific" && change.versions.versions.length > MAX_POLICY_VERSIONS) {
        throw invalid(`Expected at most ${MAX_POLICY_VERSIONS} versions, got ${change.versions.versions.length}`);
      }
      if (change.versions?.kind === "latest" && !(change.versions.count >= 1)) {
        throw invalid(`Expected at least one newest version, got ${change.versions.count}`);
      }
      return;
    case "load":
      if (change.version === undefined || wantedVersions(deployment, deployment.stored).includes(change.version))
        return;
      checkNotPinned(deployment, "versions");
      checkStored(change.version, surroundings);
      return;
    case "unload":
      if (change.version === undefined) {
        checkNotPinned(deployment, "served");
        return;
      }
      checkNotPinned(deployment, "versions");
      checkStored(change.version, surroundings);
      checkUnused(change.version, deployment);
      return;
  }
}

/** Refuses a state to go back to that needs what is no longer there, or that differs in what may not be changed. */
export function checkRollback(before: DeploymentState, after: DeploymentState, surroundings: ChangeSurroundings): void {
  const { deployment } = surroundings;
  if (after.served === false && before.served !== false) {
    checkNotPinned(deployment, "served");
  }
  if (!isDeepStrictEqual(before.traffic, after.traffic)) checkNotPinned(deployment, "traffic");
  if (!isDeepStrictEqual(versionsOf(before), versionsOf(after))) {
    checkNotPinned(deployment, "versions");
  }
  const labels = new Set([...before.labels.keys(), ...after.labels.keys()]);
  for (const label of labels) {
    if (before.labels.get(label) === after.labels.get(label)) continue;
    checkNotPinned(deployment, `labels.${label}`);
    checkProtected(label, surroundings);
  }
  const gone = [...versionsInUse({ labels: after.labels, traffic: after.traffic ?? deployment.traffic })]
    .filter(([version]) => !deployment.stored.includes(version))
    .map(([version, use]) => `version ${version} for ${use}`);
  if (gone.length === 0) return;
  throw new PlinthError(
    "VERSION_NOT_FOUND",
    `Model ${deployment.model} cannot go back to that: it needs ${gone.join(" and ")}, which the storage no longer has. ` +
      "Publish it again, or move labels and traffic one by one",
  );
}

function versionsOf({ versions, loaded, unloaded }: DeploymentState): unknown {
  return { versions, loaded, unloaded };
}

/** @throws PlinthError `VERSION_IN_USE` */
export function checkUnused(version: ModelVersion, deployment: Deployment): void {
  const use = versionsInUse(deployment).get(version);
  if (use === undefined) return;
  throw new PlinthError(
    "VERSION_IN_USE",
    `Model ${deployment.model} version ${version} is needed by ${use}; move that to another version first`,
    { details: { model: deployment.model, version: String(version) } },
  );
}

/** Refuses to remove a model as a whole. @throws PlinthError as `Deployments.removeModel` */
export function checkRemoval(surroundings: ChangeSurroundings, force: boolean): void {
  const { deployment } = surroundings;
  checkNotPinned(deployment, "served");
  for (const label of deployment.labels.keys()) checkProtected(label, surroundings);
  if (force || !deployment.served || deployment.stored.length === 0) return;
  throw new PlinthError(
    "MODEL_IN_USE",
    `Model ${deployment.model} is served: unload it first, or ask for it to be removed nevertheless (force)`,
    { details: { model: deployment.model } },
  );
}

/** Refuses to forget a model of which the storage has versions (again). @throws PlinthError `MODEL_IN_USE` */
export function checkCleared({ deployment: { model, stored } }: ChangeSurroundings): void {
  if (stored.length === 0) return;
  throw new PlinthError(
    "MODEL_IN_USE",
    `Model ${model} was unloaded and removed, but version ${stored.join(", ")} came meanwhile and is left: remove the model again if that is meant too`,
    { details: { model } },
  );
}

/** @param pin a key of {@link Deployment.pins}. @throws PlinthError `PINNED_BY_CONFIG` */
function checkNotPinned({ model, pins }: Deployment, pin: string): void {
  const line = pins.get(pin);
  if (line === undefined) return;
  throw new PlinthError(
    "PINNED_BY_CONFIG",
    `The configuration pins ${pinned(pin, model)} at ${line}: change it there and reload, or take it out there to change it at run time`,
    { details: { model, pinnedBy: line } },
  );
}

function pinned(pin: string, model: string): string {
  switch (pin) {
    case "served":
      return `that model ${model} is served`;
    case "versions":
      return `which versions of model ${model} are served`;
    case "traffic":
      return `the traffic rules of model ${model}`;
    default:
      return `the label ${JSON.stringify(pin.replace("labels.", ""))} of model ${model}`;
  }
}

function checkLabelName(label: string, { labels }: Deployment): void {
  if (!isModelName(label) || parseModelVersion(label) !== undefined) {
    throw invalid(
      `Expected a label of the form of a model's name that is no number, got ${JSON.stringify(label.slice(0, 256))}`,
    );
  }
  if (labels.size >= MAX_LABELS && !labels.has(label)) {
    throw invalid(`A model has at most ${MAX_LABELS} labels; remove one first`);
  }
}

function checkHasLabel(label: string, { model, labels }: Deployment): void {
  if (labels.has(label)) return;
  throw new PlinthError(
    "LABEL_NOT_FOUND",
    `Model ${model} has no label ${JSON.stringify(label.slice(0, 256))}; it has ${quotedNames(labels.keys())}`,
  );
}

function checkProtected(label: string, { protectedLabels, why }: ChangeSurroundings): void {
  if (!protectedLabels.includes(label) || (why !== undefined && why.trim() !== "")) return;
  throw new PlinthError(
    "LABEL_PROTECTED",
    `The label ${JSON.stringify(label)} is protected (server.protectedLabels): say why it is to change`,
  );
}

function checkNotRouted(label: string, { model, traffic }: Deployment): void {
  if (!targetsOf(traffic).includes(label)) return;
  throw new PlinthError(
    "VERSION_IN_USE",
    `The traffic rules of model ${model} name the label ${JSON.stringify(label)}; change them first`,
  );
}

function checkAvailable(version: ModelVersion, label: string, surroundings: ChangeSurroundings): void {
  const { deployment, statuses } = surroundings;
  const status = statuses.get(version);
  if (status !== undefined && canAnswer(status)) return;
  const { model } = deployment;
  if (status === undefined) checkStored(version, surroundings);
  const state = status?.state ?? (deployment.stored.includes(version) ? "not loaded" : "unknown");
  throw new PlinthError(
    "VERSION_NOT_AVAILABLE",
    `Request to assign label ${JSON.stringify(label)} to version ${version} of model ${model}, which is not currently available ` +
      `for inference (${state}). Load it first, or ask for the label to be assigned nevertheless`,
    { details: { model, version: String(version), state } },
  );
}

function checkStored(version: ModelVersion, { deployment }: ChangeSurroundings): void {
  const { model, stored } = deployment;
  if (stored.includes(version)) return;
  throw new PlinthError(
    "VERSION_NOT_FOUND",
    `The storage has no version ${version} of model ${model}; it has ${stored.map(String).join(", ") || "none"}`,
    { details: { model, version: String(version) } },
  );
}

function checkTraffic({ split, stickyBy, shadow }: TrafficRules, surroundings: ChangeSurroundings): void {
  if (split.size > MAX_TARGETS) throw invalid(`Expected at most ${MAX_TARGETS} targets, got ${split.size}`);
  for (const [target, weight] of split) {
    if (!(weight > 0 && weight <= MAX_WEIGHT)) {
      throw invalid(
        `Expected a weight above 0 and up to ${MAX_WEIGHT} for ${JSON.stringify(target)}, got ${weight}; leave it out for none`,
      );
    }
  }
  if (stickyBy !== undefined && !HEADER_NAME.test(stickyBy)) {
    throw invalid(`Expected the name of a header in lower case, got ${JSON.stringify(stickyBy.slice(0, 256))}`);
  }
  if (shadow !== undefined && !(shadow.percent > 0 && shadow.percent <= 100)) {
    throw invalid(`Expected a share above 0 and up to 100 percent for the shadow, got ${shadow.percent}`);
  }
  for (const target of targetsOf({ split, shadow })) {
    const version = parseModelVersion(target);
    if (version === undefined) checkHasLabel(target, surroundings.deployment);
    else checkStored(version, surroundings);
  }
}

function invalid(message: string): PlinthError {
  return new PlinthError("CHANGE_INVALID", message);
}
