import { Buffer } from "node:buffer";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BundleEntryProto, BundleHeaderProto } from "@plinth/protobuf-messages/tensorflow/tensor_bundle";
import { crc32c, mask } from "../../libraries/saved-model/dist/checkpoint/crc32c.js";

/** What a table of LevelDB's format ends with. */
const MAGIC = 0xdb4775248b80fb57n;

const FLOAT = 1;

/** Writes the variables of a SavedModel as TensorFlow has them: an index with checksums, and one shard. */
export function writeBundle(directory, variables) {
  const entries = new Map([["", BundleHeaderProto.encode(BundleHeaderProto.fromPartial({ numShards: 1 })).finish()]]);
  const shard = [];
  let offset = 0;
  for (const [name, { shape, values }] of [...variables].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const bytes = new Uint8Array(values.buffer);
    const entry = {
      dtype: FLOAT,
      shape: { dim: shape.map((size) => ({ size: BigInt(size) })) },
      offset: BigInt(offset),
      size: BigInt(bytes.length),
      crc32c: mask(crc32c(bytes)),
    };
    entries.set(name, BundleEntryProto.encode(BundleEntryProto.fromPartial(entry)).finish());
    shard.push(bytes);
    offset += bytes.length;
  }
  const folder = join(directory, "variables");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "variables.index"), table(entries));
  writeFileSync(join(folder, "variables.data-00000-of-00001"), Buffer.concat(shard));
}

/** A sorted table of one block, uncompressed: https://github.com/google/leveldb/blob/main/doc/table_format.md. */
function table(entries) {
  const parts = [];
  let offset = 0;
  const add = (block) => {
    const stored = Buffer.concat([block, Uint8Array.of(0)]);
    const handle = Buffer.concat([varint(offset), varint(block.length)]);
    parts.push(stored, uint32(mask(crc32c(stored))));
    offset += stored.length + 4;
    return handle;
  };
  const data = add(blockOf(entries));
  const meta = add(blockOf([]));
  const index = add(blockOf([[[...entries.keys()].at(-1), data]]));
  const footer = Buffer.alloc(48);
  Buffer.concat([meta, index]).copy(footer);
  footer.writeBigUInt64LE(MAGIC, 40);
  return Buffer.concat([...parts, footer]);
}

function blockOf(entries) {
  const records = [...entries].map(([key, value]) =>
    Buffer.concat([varint(0), varint(key.length), varint(value.length), Buffer.from(key), value]),
  );
  return Buffer.concat([...records, uint32(0), uint32(1)]);
}

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) return Uint8Array.from(bytes);
  }
}

function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
