import type { Version, VersionState } from "../api/documents.js";

const WORDS: Readonly<Record<VersionState, string>> = {
  stored: "stored",
  start: "waiting",
  loading: "loading",
  available: "available",
  unloading: "unloading",
  end: "ended",
  error: "failed",
};

export function StateBadge({ state, onDemand }: Pick<Version, "state" | "onDemand">) {
  return (
    <span class={`badge ${state}`}>{onDemand === true && state !== "available" ? "on demand" : WORDS[state]}</span>
  );
}
