/**
 * A place from 0 to below 1 for a key, equal for equal keys and spread evenly over all: 32-bit FNV-1a over the UTF-16 units
 * (http://www.isthe.com/chongo/tech/comp/fnv) with MurmurHash3's finalizer, which spreads keys that differ in their ends. Seeded by the
 * model, so that the same clients are not the canary's of every model.
 */
export function stickyPosition(model: string, key: string): number {
  let hash = 0x811c9dc5;
  for (const text of [model, "\0", key]) {
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
