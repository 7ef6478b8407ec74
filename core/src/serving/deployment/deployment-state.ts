import type { DeploymentChange, DeploymentState } from "../../extension-points/deployments.js";
import type { ModelVersion } from "../../model/model-version.js";

/** A model of which nothing was changed: it runs as configured. */
export const UNCHANGED: DeploymentState = { loaded: [], unloaded: [], labels: new Map() };

/** The state after a change that was found right. */
export function changedState(state: DeploymentState, change: DeploymentChange): DeploymentState {
  switch (change.kind) {
    case "set-label":
      return { ...state, labels: new Map([...state.labels, [change.label, change.version]]) };
    case "remove-label":
      return { ...state, labels: new Map([...state.labels].filter(([label]) => label !== change.label)) };
    case "set-traffic":
      return { ...state, traffic: change.traffic };
    case "set-versions":
      return { ...state, versions: change.versions, loaded: [], unloaded: [] };
    case "load":
      return change.version === undefined
        ? { ...state, served: true }
        : {
            ...state,
            loaded: withVersion(state.loaded, change.version),
            unloaded: withoutVersion(state.unloaded, change.version),
          };
    case "unload":
      return change.version === undefined
        ? { ...state, served: false }
        : {
            ...state,
            loaded: withoutVersion(state.loaded, change.version),
            unloaded: withVersion(state.unloaded, change.version),
          };
  }
}

/** The state once a version is gone for good. */
export function withoutRemoved(state: DeploymentState, version: ModelVersion): DeploymentState {
  return {
    ...state,
    loaded: withoutVersion(state.loaded, version),
    unloaded: withoutVersion(state.unloaded, version),
  };
}

function withVersion(versions: readonly ModelVersion[], version: ModelVersion): readonly ModelVersion[] {
  return [...new Set([...versions, version])];
}

function withoutVersion(versions: readonly ModelVersion[], version: ModelVersion): readonly ModelVersion[] {
  return versions.filter((each) => each !== version);
}
