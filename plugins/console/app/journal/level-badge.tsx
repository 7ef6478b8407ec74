import type { ComponentChildren } from "preact";
import type { Level } from "./journal-documents.js";

/** A word in the colour of how bad it is; the word says it, or what stands beside it. */
export function LevelBadge({ level, children }: { readonly level: Level; readonly children: ComponentChildren }) {
  return <span class={`badge level-${level}`}>{children}</span>;
}
