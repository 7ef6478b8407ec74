import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ConstantTensor } from "../constant-tensor.js";
import { elementBytes, elementTypeOf } from "../element-type.js";
import { type BundleEntry, type BundleHeader, readBundleEntry, readBundleHeader } from "../messages/bundle-message.js";
import { countElements } from "../messages/tensor-message.js";
import { WireReader } from "../messages/wire-reader.js";
import { readWholeFile } from "../read-file.js";
import { SavedModelError } from "../saved-model-error.js";
import { mask } from "./crc32c.js";
import { decodeStrings, swapBytes } from "./decode-values.js";
import { Shard } from "./shard.js";
import { sliceKey } from "./slice-key.js";
import { Assembly, cut, parseShapeAndSlice, sliceOf } from "./slices.js";
import { readSortedTable } from "./sorted-table.js";

const INDEX = "variables/variables.index";

const MAX_INDEX_BYTES = 256 * 1024 * 1024;

const MAX_SHARDS = 99_999;

/** How often a byte of a shard may count: as a slice, in the whole, as a part of it. Damaged entries could all be of the same bytes. */
const MAX_READS = 3;

export interface CheckpointOptions {
  /** Of all values that are read. */
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The values of a model's variables: TensorFlow's "tensor bundle", an index and one or more shards. A value is read once, however often it
 * is asked for. Checksums are checked. Close it after use.
 *
 * Everything throws SavedModelError `FILE_MISSING`, `FILE_INVALID`, `CHECKSUM_MISMATCH`, `TOO_LARGE`, `UNSUPPORTED`, or the signal's reason.
 */
export class Checkpoint {
  readonly #directory: string;
  readonly #entries: ReadonlyMap<string, Uint8Array>;
  readonly #header: BundleHeader;
  readonly #options: CheckpointOptions;
  readonly #shards = new Map<number, Promise<Shard>>();
  readonly #values = new Map<string, Promise<ConstantTensor>>();
  #bytesLeft: number;

  private constructor(
    directory: string,
    entries: ReadonlyMap<string, Uint8Array>,
    header: BundleHeader,
    options: CheckpointOptions,
  ) {
    this.#directory = directory;
    this.#entries = entries;
    this.#header = header;
    this.#options = options;
    this.#bytesLeft = options.maxBytes;
  }

  /** @param directory the model's own folder, which has `variables/` in it */
  static async open(directory: string, options: CheckpointOptions): Promise<Checkpoint> {
    const bytes = await readWholeFile(directory, INDEX, MAX_INDEX_BYTES, options.signal);
    const entries = readSortedTable(bytes, INDEX);
    const header = readBundleHeader(WireReader.over(entries.get("") ?? new Uint8Array(0), INDEX));
    if (header.shards < 1 || header.shards > MAX_SHARDS) {
      throw new SavedModelError("FILE_INVALID", `Expected 1 to ${MAX_SHARDS} shards in ${INDEX}, got ${header.shards}`);
    }
    const maxBytes = Math.min(options.maxBytes, MAX_READS * (await sizeOfShards(directory)));
    return new Checkpoint(directory, entries, header, { ...options, maxBytes });
  }

  has(name: string): boolean {
    return this.#entries.has(latin1(name));
  }

  /**
   * The value of a variable, put together where it is in slices.
   *
   * @param shapeAndSlice `RestoreV2`'s way to ask for a part; empty for the whole
   * @throws SavedModelError also `VARIABLE_MISSING`
   */
  read(name: string, shapeAndSlice = ""): Promise<ConstantTensor> {
    const key = `${name}\0${shapeAndSlice}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = shapeAndSlice === "" ? this.#readWhole(name) : this.#readPart(name, shapeAndSlice);
    this.#values.set(key, value);
    return value;
  }

  async close(): Promise<void> {
    const shards = await Promise.allSettled(this.#shards.values());
    await Promise.all(shards.map(async (shard) => shard.status === "fulfilled" && (await shard.value.close())));
  }

  async #readWhole(name: string): Promise<ConstantTensor> {
    const entry = this.#entry(latin1(name), name);
    if (entry.slices.length === 0) return this.#readEntry(entry, name);
    const dtype = constantType(entry, name);
    countElements(entry.shape, `variable ${name}`);
    const shape = entry.shape as readonly number[];
    const slices = entry.slices.map((extents) => sliceOf(shape, extents, name));
    this.#spend(
      shape.reduce((product, size) => product * size, elementBytes(dtype) ?? 8),
      name,
    );
    const whole = new Assembly(dtype, shape, name);
    for (const [index, slice] of slices.entries()) {
      const part = await this.#readEntry(this.#entry(sliceKey(name, entry.slices[index] ?? []), name), name);
      if (part.dtype !== dtype || String(part.shape) !== String(slice.lengths)) {
        throw new SavedModelError(
          "FILE_INVALID",
          `A slice of variable ${name} is of ${part.dtype} [${part.shape}], expected ${dtype} [${slice.lengths}]`,
        );
      }
      whole.add(part, slice);
    }
    return whole.finish();
  }

  async #readPart(name: string, shapeAndSlice: string): Promise<ConstantTensor> {
    const { shape, extents } = parseShapeAndSlice(shapeAndSlice);
    const held = this.#entry(latin1(name), name).shape;
    if (String(held) !== String(shape)) {
      throw new SavedModelError(
        "GRAPH_INVALID",
        `Expected variable ${name} of shape [${shape}], the checkpoint has [${held}]`,
      );
    }
    const key = sliceKey(name, extents);
    if (this.#entries.has(key)) return this.#readEntry(this.#entry(key, name), name);
    const whole = await this.read(name);
    const slice = sliceOf(shape, extents, name);
    return String(slice.lengths) === String(shape) ? whole : cut(whole, slice, name);
  }

  async #readEntry(entry: BundleEntry, name: string): Promise<ConstantTensor> {
    const dtype = constantType(entry, name);
    const count = countElements(entry.shape, `variable ${name}`);
    const shape = entry.shape as readonly number[];
    const width = elementBytes(dtype);
    if (width !== undefined && entry.size !== count * width) {
      throw new SavedModelError(
        "FILE_INVALID",
        `Expected ${count * width} bytes of variable ${name}, the index says ${entry.size}`,
      );
    }
    const shard = await this.#shard(entry.shard);
    this.#spend(entry.size, name);
    const { bytes, checksum } = await shard.read(entry.offset, entry.size, this.#options.signal);
    if (dtype === "string") {
      const { strings, checksum: stringsChecksum } = decodeStrings(bytes, count, name);
      checkSum(stringsChecksum, entry, name, shard);
      return { dtype, shape, strings };
    }
    checkSum(mask(checksum), entry, name, shard);
    if (this.#header.isBigEndian) {
      swapBytes(bytes, dtype.startsWith("complex") ? (width as number) / 2 : (width as number));
    }
    return { dtype, shape, bytes };
  }

  #entry(key: string, name: string): BundleEntry {
    const bytes = this.#entries.get(key);
    if (bytes === undefined) {
      throw new SavedModelError("VARIABLE_MISSING", `${INDEX} holds no value of variable ${name}`);
    }
    return readBundleEntry(WireReader.over(bytes, INDEX));
  }

  #shard(index: number): Promise<Shard> {
    const known = this.#shards.get(index);
    if (known !== undefined) return known;
    const { shards } = this.#header;
    if (index < 0 || index >= shards) {
      throw new SavedModelError("FILE_INVALID", `Expected one of ${shards} shards in ${INDEX}, got ${index}`);
    }
    const digits = (number: number): string => String(number).padStart(5, "0");
    const shard = Shard.open(
      join(this.#directory, "variables", `variables.data-${digits(index)}-of-${digits(shards)}`),
    );
    this.#shards.set(index, shard);
    return shard;
  }

  #spend(bytes: number, name: string): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) {
      throw new SavedModelError(
        "TOO_LARGE",
        `Expected at most ${this.#options.maxBytes} bytes of variables, as their files have; ${name} takes ${bytes} more`,
      );
    }
  }
}

function constantType(entry: BundleEntry, name: string): ConstantTensor["dtype"] {
  const dtype = elementTypeOf(entry.dataType);
  if (dtype === "resource" || dtype === "variant") {
    throw new SavedModelError("UNSUPPORTED", `Variable ${name} is of ${dtype}, whose values cannot be read`);
  }
  return dtype;
}

function checkSum(checksum: number, entry: BundleEntry, name: string, shard: Shard): void {
  if (checksum !== entry.checksum) {
    throw new SavedModelError(
      "CHECKSUM_MISMATCH",
      `${shard.name} is damaged: variable ${name} does not have its checksum; copy the model's folder again`,
    );
  }
}

async function sizeOfShards(directory: string): Promise<number> {
  const folder = join(directory, "variables");
  const names = (await readdir(folder)).filter((name) => name.startsWith("variables.data-"));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function latin1(name: string): string {
  return Buffer.from(name).toString("latin1");
}
