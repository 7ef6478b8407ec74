import type { Fingerprint } from "../saved-model.js";
import type { WireReader } from "./wire-reader.js";

/** FingerprintDef. Its hashes are unsigned. */
export function readFingerprint(reader: WireReader): Fingerprint {
  const hashes = [0n, 0n, 0n, 0n, 0n, 0n];
  let uuid = "";
  while (reader.next()) {
    if (reader.field >= 1 && reader.field <= 5) hashes[reader.field] = BigInt.asUintN(64, reader.bigint());
    else if (reader.field === 7) uuid = reader.string();
    else reader.skip();
  }
  const [
    ,
    savedModelChecksum = 0n,
    graphDefProgramHash = 0n,
    signatureDefHash = 0n,
    savedObjectGraphHash = 0n,
    checkpointHash = 0n,
  ] = hashes;
  return { savedModelChecksum, graphDefProgramHash, signatureDefHash, savedObjectGraphHash, checkpointHash, uuid };
}
