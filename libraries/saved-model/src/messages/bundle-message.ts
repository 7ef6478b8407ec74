import type { Shape } from "../constant-tensor.js";
import { readShape } from "./tensor-message.js";
import type { WireReader } from "./wire-reader.js";

/** BundleHeaderProto. */
export interface BundleHeader {
  readonly shards: number;
  readonly isBigEndian: boolean;
}

/** Of one dimension of a slice: where it begins, and how long it is; all of it where that is `undefined`. */
export interface Extent {
  readonly start: number;
  readonly length: number | undefined;
}

/** BundleEntryProto: where a tensor stands, or the slices that it is in, each of which is an entry of its own. */
export interface BundleEntry {
  readonly dataType: number;
  readonly shape: Shape;
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  /** Masked. */
  readonly checksum: number;
  readonly slices: readonly (readonly Extent[])[];
}

export function readBundleHeader(reader: WireReader): BundleHeader {
  let shards = 0;
  let isBigEndian = false;
  while (reader.next()) {
    if (reader.field === 1) shards = reader.number();
    else if (reader.field === 2) isBigEndian = reader.number() === 1;
    else reader.skip();
  }
  return { shards, isBigEndian };
}

export function readBundleEntry(reader: WireReader): BundleEntry {
  let [dataType, shard, offset, size, checksum] = [0, 0, 0, 0, 0];
  let shape: Shape = [];
  const slices: (readonly Extent[])[] = [];
  while (reader.next()) {
    if (reader.field === 1) dataType = reader.number();
    else if (reader.field === 2) shape = readShape(reader.message());
    else if (reader.field === 3) shard = reader.number();
    else if (reader.field === 4) offset = reader.number();
    else if (reader.field === 5) size = reader.number();
    else if (reader.field === 6) checksum = reader.fixed32();
    else if (reader.field === 7) slices.push(readSlice(reader.message()));
    else reader.skip();
  }
  return { dataType, shape, shard, offset, size, checksum, slices };
}

function readSlice(reader: WireReader): readonly Extent[] {
  const extents: Extent[] = [];
  while (reader.next()) {
    if (reader.field === 1) extents.push(readExtent(reader.message()));
    else reader.skip();
  }
  return extents;
}

function readExtent(reader: WireReader): Extent {
  let start = 0;
  let length: number | undefined;
  while (reader.next()) {
    if (reader.field === 1) start = reader.number();
    else if (reader.field === 2) length = reader.number();
    else reader.skip();
  }
  return { start, length };
}
