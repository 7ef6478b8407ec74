/** Pieces that a key is cut into: stores that keep objects as files take 255 bytes between two slashes. */
const PIECE_BYTES = 200;

/**
 * The name of a record's object. Names are in the order of their keys, so that a listing needs no sorting, and none is a folder of
 * another, which some stores cannot hold: `!` comes before every byte of a key, stands at the end, and where a long one is cut.
 */
export function recordObject(key: string): string {
  return `${cut(key)}!`;
}

/** What the names of all records begin with whose keys begin with `prefix`. */
export function recordObjectPrefix(prefix: string): string {
  return cut(prefix);
}

/** The key that an object stands for; `undefined` where it is no record's. */
export function recordKey(object: string): string | undefined {
  const key = object.replaceAll("!!/!", "").slice(0, -1);
  return recordObject(key) === object ? key : undefined;
}

function cut(key: string): string {
  const pieces = key.match(new RegExp(`.{1,${PIECE_BYTES}}`, "g")) ?? [];
  return pieces.join("!!/!");
}
