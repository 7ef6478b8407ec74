import type { WireReader } from "./wire-reader.js";

/**
 * TrackableObjectGraph, which a checkpoint holds beside its values: of each object the name that its value has there. Objects have the same
 * numbers as in the SavedObjectGraph beside it.
 */
export function readCheckpointKeys(reader: WireReader): readonly (string | undefined)[] {
  const keys: (string | undefined)[] = [];
  while (reader.next()) {
    if (reader.field === 1) keys.push(readObjectKey(reader.message()));
    else reader.skip();
  }
  return keys;
}

/** The first of an object's attributes; variables have one. */
function readObjectKey(reader: WireReader): string | undefined {
  let key: string | undefined;
  while (reader.next()) {
    if (reader.field === 2) key ??= readAttributeKey(reader.message());
    else reader.skip();
  }
  return key;
}

function readAttributeKey(reader: WireReader): string | undefined {
  let key: string | undefined;
  while (reader.next()) {
    if (reader.field === 3) key = reader.string();
    else reader.skip();
  }
  return key;
}
