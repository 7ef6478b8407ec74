/** Most names that a message lists. */
const MAX_LISTED = 10;

/** Names as a message lists them: quoted, the first ten of them, `none` where there is none. */
export function quotedNames(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return "none";
  const shown = all.slice(0, MAX_LISTED).map((name) => JSON.stringify(name));
  return shown.join(", ") + (all.length > MAX_LISTED ? ` and ${all.length - MAX_LISTED} more` : "");
}
