import type { ModelStorage, PlinthError } from "@plinth/core";

/**
 * What became of what was to be copied: `copied`; `equal`, where the target had it; `different`, where the target has another one in its
 * place, which is left as it is; `failed`, where it could not be read or written.
 */
export type CopyOutcome = "copied" | "equal" | "different" | "failed";

/** Between which storages is copied, until when. */
export interface BetweenStorages {
  readonly from: ModelStorage;
  readonly to: ModelStorage;
  readonly signal: AbortSignal;
}

/** Where these have failed, whatever comes next would fail as well. */
const ENDING_REASONS: readonly string[] = ["STORAGE_FULL", "STORAGE_UNAVAILABLE", "STORAGE_CLOSED"];

export function endsAll({ reason }: PlinthError): boolean {
  return ENDING_REASONS.includes(reason);
}
