import type { VersionState } from "../../model/version-state.js";

/**
 * Every legal move of a version; there is no other. A version that is wanted again after `end` begins a new life at `start`, and
 * so does one that was unloaded to make room, at once.
 *
 * ```text
 *   start ─────▶ loading ─────▶ available ─────▶ unloading
 *   ▲  │          │   │                              │
 *   │  │      error ◀─┘ (load failed)                │
 *   │  │       │  │   │ (no longer wanted)           │
 *   └──┼───────┘  │   │                              │
 *      ▼ retry    ▼   ▼                              ▼
 *     end        end end                            end
 * ```
 */
const LEGAL_MOVES: Readonly<Record<VersionState, readonly VersionState[]>> = {
  start: ["loading", "end"],
  loading: ["available", "error", "end"],
  available: ["unloading"],
  unloading: ["end"],
  error: ["start", "end"],
  end: ["start"],
};

export function isLegalMove(from: VersionState, to: VersionState): boolean {
  return LEGAL_MOVES[from].includes(to);
}
