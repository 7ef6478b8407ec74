import type { Revision } from "../api/documents.js";

/** What a revision did, in words. */
export function describeRevision({ action }: Pick<Revision, "action">): string {
  const { kind, version, label, to } = action;
  switch (kind) {
    case "set-label":
      return `label ${label} to version ${version}`;
    case "remove-label":
      return `label ${label} removed`;
    case "set-traffic":
      return action.traffic === undefined ? "traffic as configured" : "traffic changed";
    case "set-versions":
      return "which versions are served changed";
    case "load":
      return version === undefined ? "loaded" : `version ${version} loaded`;
    case "unload":
      return version === undefined ? "unloaded" : `version ${version} unloaded`;
    case "publish":
      return `version ${version} published`;
    case "remove":
      return version === undefined ? "removed as a whole" : `version ${version} removed`;
    case "rollback":
      return `rolled back to revision ${to}`;
    default:
      return kind;
  }
}
