import { closest, distance } from "fastest-levenshtein";

const MAX_COMPARED_CHARACTERS = 64;
const MAX_LISTED_KEYS = 12;

/** The candidate that a misspelt `word` most likely means, if any is near: a few letters off, or written in another case. */
export function nearestKey(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0 || word.length > MAX_COMPARED_CHARACTERS) return undefined;
  const plain = withoutStyle(word);
  const best = closest(plain, candidates.map(withoutStyle));
  const edits = distance(plain, best);
  const allowed = Math.min(best.length > 8 ? 3 : 2, Math.min(plain.length, best.length) - 1);
  return edits <= allowed ? candidates.find((candidate) => withoutStyle(candidate) === best) : undefined;
}

/** `did you mean "port"?`, or the valid keys where none is near and they are few; empty where there is nothing to say. */
export function suggestKey(word: string, candidates: readonly string[]): string {
  const nearest = nearestKey(word, candidates);
  if (nearest !== undefined) return `; did you mean ${JSON.stringify(nearest)}?`;
  if (candidates.length === 0 || candidates.length > MAX_LISTED_KEYS) return "";
  return `; expected ${candidates.length === 1 ? "only" : "one of"} ${candidates.join(", ")}`;
}

function withoutStyle(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, "");
}
