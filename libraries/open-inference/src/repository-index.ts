import { canAnswer, type ModelServer, type VersionStatus } from "@plinth/core";

/** A version of a model in the repository, or a model without any. */
export interface IndexEntry {
  readonly name: string;
  readonly version?: string;
  readonly state?: IndexState;
  /** Why it is not ready; empty where it is. */
  readonly reason?: string;
}

export type IndexState = "READY" | "UNAVAILABLE" | "LOADING" | "UNLOADING";

/** @param onlyReady leaves out what would not answer */
export function repositoryIndex(server: ModelServer, onlyReady: boolean): readonly IndexEntry[] {
  return server.models().flatMap(({ model, versions, error }): readonly IndexEntry[] => {
    const known = versions.map((status) => entryOf(model, status));
    if (onlyReady) return known.filter(({ state }) => state === "READY");
    if (known.length > 0) return known;
    return [error === undefined ? { name: model } : { name: model, state: "UNAVAILABLE", reason: error.message }];
  });
}

function entryOf(name: string, status: VersionStatus): IndexEntry {
  return { name, version: String(status.version), state: stateOf(status), reason: reasonOf(status) };
}

function stateOf(status: VersionStatus): IndexState {
  if (canAnswer(status)) return "READY";
  switch (status.state) {
    case "start":
    case "loading":
      return "LOADING";
    case "unloading":
      return "UNLOADING";
    default:
      return "UNAVAILABLE";
  }
}

function reasonOf({ state, error }: VersionStatus): string {
  return error?.message ?? (state === "end" ? "unloaded" : "");
}
