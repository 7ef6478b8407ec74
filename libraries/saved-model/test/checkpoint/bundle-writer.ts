import { BundleEntryProto, BundleHeaderProto } from "@plinth/protobuf-messages/tensorflow/tensor_bundle";
import { crc32c, mask } from "../../src/checkpoint/crc32c.js";

export interface TableOptions {
  /** How blocks are packed: not at all, or as Snappy's literals. */
  readonly packing?: 0 | 1;
  /** Keys of a block. */
  readonly blockSize?: number;
}

/** A table of LevelDB's format; keys are `latin1` and in order. */
export function sortedTable(entries: Iterable<readonly [string, Uint8Array]>, options: TableOptions = {}): Uint8Array {
  const { packing = 0, blockSize = 3 } = options;
  const sorted = [...entries];
  const parts: Uint8Array[] = [];
  let offset = 0;
  const add = (block: Uint8Array): Uint8Array => {
    const stored = packing === 1 ? packed(block) : block;
    const handle = Buffer.concat([varint(offset), varint(stored.length)]);
    const trailed = Buffer.concat([
      stored,
      Uint8Array.of(packing),
      uint32(mask(crc32c(Uint8Array.of(...stored, packing)))),
    ]);
    offset += trailed.length;
    parts.push(trailed);
    return handle;
  };
  const index: [string, Uint8Array][] = [];
  for (let start = 0; start < sorted.length; start += blockSize) {
    const block = sorted.slice(start, start + blockSize);
    index.push([block.at(-1)?.[0] ?? "", add(blockOf(block))]);
  }
  const meta = add(blockOf([]));
  const root = add(blockOf(index));
  const footer = Buffer.alloc(48);
  Buffer.concat([meta, root]).copy(footer);
  footer.writeBigUInt64LE(0xdb4775248b80fb57n, 40);
  return Buffer.concat([...parts, footer]);
}

function blockOf(entries: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  let before = "";
  const parts = entries.map(([key, value]) => {
    let shared = 0;
    while (shared < key.length && key[shared] === before[shared]) shared++;
    before = key;
    const rest = Buffer.from(key.slice(shared), "latin1");
    return Buffer.concat([varint(shared), varint(rest.length), varint(value.length), rest, value]);
  });
  return Buffer.concat([...parts, uint32(0), uint32(1)]);
}

/** As Snappy would have it that found nothing twice. */
function packed(block: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [varint(block.length)];
  for (let at = 0; at < block.length; at += 60) {
    const literal = block.subarray(at, at + 60);
    parts.push(Uint8Array.of((literal.length - 1) << 2), literal);
  }
  return Buffer.concat(parts);
}

export interface Written {
  readonly dataType: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  readonly shard?: number;
  /** In place of the right one. */
  readonly checksum?: number;
  readonly offset?: number;
}

/** Files of a checkpoint with values under their keys, and entries that have none of their own (`slices`). */
export function bundle(
  values: Readonly<Record<string, Written>>,
  more: Readonly<Record<string, Partial<BundleEntryProto>>> = {},
  header: { readonly shards?: number; readonly isBigEndian?: boolean } & TableOptions = {},
): Record<string, Uint8Array> {
  const { shards = 1, isBigEndian = false } = header;
  const data = Array.from({ length: shards }, () => Buffer.alloc(0));
  const entries = new Map<string, Uint8Array>();
  entries.set(
    "",
    BundleHeaderProto.encode(
      BundleHeaderProto.fromPartial({ numShards: shards, endianness: isBigEndian ? 1 : 0 }),
    ).finish(),
  );
  for (const [key, value] of Object.entries(values)) {
    const shardId = value.shard ?? 0;
    const before = data[shardId] ?? Buffer.alloc(0);
    const proto = {
      dtype: value.dataType as 1,
      shape: shapeOf(value.shape),
      shardId,
      offset: BigInt(value.offset ?? before.length),
      size: BigInt(value.bytes.length),
      crc32c: value.checksum ?? mask(crc32c(value.bytes)),
    };
    data[shardId] = Buffer.concat([before, value.bytes]);
    entries.set(key, BundleEntryProto.encode(BundleEntryProto.fromPartial(proto)).finish());
  }
  for (const [key, proto] of Object.entries(more)) {
    entries.set(
      key,
      BundleEntryProto.encode(
        BundleEntryProto.fromPartial(proto as Parameters<typeof BundleEntryProto.fromPartial>[0]),
      ).finish(),
    );
  }
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const number = (value: number): string => String(value).padStart(5, "0");
  return {
    "variables/variables.index": sortedTable(sorted, header),
    ...Object.fromEntries(
      data.map((bytes, shard) => [`variables/variables.data-${number(shard)}-of-${number(shards)}`, bytes]),
    ),
  };
}

export function shapeOf(shape: readonly number[]): { dim: { size: bigint; name: string }[]; unknownRank: boolean } {
  return { dim: shape.map((size) => ({ size: BigInt(size), name: "" })), unknownRank: false };
}

export function floats(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

/** A tensor of strings as checkpoints hold it, with its checksum. */
export function stringValue(...texts: string[]): Pick<Written, "bytes" | "checksum"> {
  const strings = texts.map((text) => Buffer.from(text));
  const lengths = Buffer.concat(strings.map(({ length }) => uint32(length)));
  const lengthsChecksum = uint32(mask(crc32c(lengths)));
  return {
    bytes: Buffer.concat([...strings.map(({ length }) => varint(length)), lengthsChecksum, ...strings]),
    checksum: mask(crc32c(Buffer.concat([lengths, lengthsChecksum, ...strings]))),
  };
}

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.of(...bytes, rest);
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
