import type { ConstantTensor } from "@plinth/saved-model";
import { describe, expect, it } from "vitest";
import { Checkpoint } from "../../src/checkpoint/checkpoint.js";
import { sliceKey } from "../../src/checkpoint/slice-key.js";
import { TemporaryFolder } from "../temporary-folder.js";
import { bundle, floats, shapeOf, sortedTable, stringValue } from "./bundle-writer.js";

const FLOAT = 1;
const STRING = 7;
const INT64 = 9;
const VARIANT = 21;

/** What a checkpoint of these files says to `ask`. */
async function asked<T>(
  files: Record<string, Uint8Array>,
  ask: (checkpoint: Checkpoint) => Promise<T> | T,
  maxBytes = 2 ** 30,
): Promise<T> {
  await using folder = await TemporaryFolder.create(files);
  const checkpoint = await Checkpoint.open(folder.path, { maxBytes, signal: undefined });
  try {
    return await ask(checkpoint);
  } finally {
    await checkpoint.close();
  }
}

function read(files: Record<string, Uint8Array>, name: string, slice?: string): Promise<unknown> {
  return asked(files, async (checkpoint) => plain(await checkpoint.read(name, slice)));
}

function plain(tensor: ConstantTensor): unknown {
  if (tensor.dtype === "string") return [tensor.shape, tensor.strings.map((each) => Buffer.from(each).toString())];
  const bytes = Uint8Array.from(tensor.bytes).buffer;
  return [tensor.shape, [...(tensor.dtype === "float32" ? new Float32Array(bytes) : new BigInt64Array(bytes))]];
}

const PAIR = { dataType: FLOAT, shape: [2], bytes: floats(1.5, -2) };

describe("a checkpoint", () => {
  it("gives values with their shapes", async () => {
    const files = bundle({
      a: PAIR,
      b: { dataType: INT64, shape: [], bytes: new Uint8Array(BigInt64Array.of(-7n).buffer) },
    });
    expect(await read(files, "a")).toEqual([[2], [1.5, -2]]);
    expect(await read(files, "b")).toEqual([[], [-7n]]);
    expect(await asked(files, (checkpoint) => [checkpoint.has("a"), checkpoint.has("c")])).toEqual([true, false]);
  });

  it.each([0, 1] as const)("may have many entries in blocks packed in way %s", async (packing) => {
    const names = Array.from({ length: 50 }, (_, index) => `layer/${String(index).padStart(3, "0")}/kernel`);
    const values = Object.fromEntries(names.map((name, index) => [name, { ...PAIR, bytes: floats(index, -index) }]));
    const files = bundle(values, {}, { packing });
    expect(await Promise.all(names.map((name) => read(files, name)))).toEqual(
      names.map((_, index) => [[2], [index, -index]]),
    );
  });

  it("may be in several shards", async () => {
    const files = bundle({ a: PAIR, b: { ...PAIR, bytes: floats(3, 4), shard: 2 } }, {}, { shards: 3 });
    expect([await read(files, "a"), await read(files, "b")]).toEqual([
      [[2], [1.5, -2]],
      [[2], [3, 4]],
    ]);
  });

  it("may be of a machine that writes the larger bytes first", async () => {
    const files = bundle(
      { a: { ...PAIR, bytes: Uint8Array.of(0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0) } },
      {},
      { isBigEndian: true },
    );
    expect(await read(files, "a")).toEqual([[2], [1.5, -2]]);
  });

  it("gives strings, also empty ones and long ones", async () => {
    const texts = ["", "été", "x".repeat(300)];
    const files = bundle({ s: { dataType: STRING, shape: [3], ...stringValue(...texts) } });
    expect(await read(files, "s")).toEqual([[3], texts]);
  });

  it("reads a value once, however often it is asked for", async () => {
    await asked(bundle({ a: PAIR }), async (checkpoint) => {
      expect(await checkpoint.read("a")).toBe(await checkpoint.read("a"));
    });
  });
});

describe("a variable in slices", () => {
  const top = [
    { start: 0, length: 2 },
    { start: 0, length: undefined },
  ];
  const bottom = [
    { start: 2, length: 1 },
    { start: 0, length: undefined },
  ];
  const proto = (extents: typeof top) => ({
    extent: extents.map(({ start, length }) => ({
      start: BigInt(start),
      hasLength: length === undefined ? undefined : { $case: "length" as const, value: BigInt(length) },
    })),
  });
  const whole = { dtype: FLOAT as 1, shape: shapeOf([3, 2]), slices: [proto(top), proto(bottom)] };
  const parts = {
    [sliceKey("v", top)]: { dataType: FLOAT, shape: [2, 2], bytes: floats(1, 2, 3, 4) },
    [sliceKey("v", bottom)]: { dataType: FLOAT, shape: [1, 2], bytes: floats(5, 6) },
  };

  it("is put together", async () => {
    expect(await read(bundle(parts, { v: whole }), "v")).toEqual([
      [3, 2],
      [1, 2, 3, 4, 5, 6],
    ]);
  });

  it.each([
    [
      "3 2 0,2:-",
      [
        [2, 2],
        [1, 2, 3, 4],
      ],
    ],
    [
      "3 2 1,2:1,1",
      [
        [2, 1],
        [4, 6],
      ],
    ],
    [
      "3 2 -:-",
      [
        [3, 2],
        [1, 2, 3, 4, 5, 6],
      ],
    ],
  ])("is given in part: %s", async (slice, expected) => {
    expect(await read(bundle(parts, { v: whole }), "v", slice)).toEqual(expected);
  });

  it.each([
    ["another shape", "4 2 0,2:-", "GRAPH_INVALID"],
    ["a part past the end", "3 2 2,2:-", "GRAPH_INVALID"],
    ["no slice", "whatever", "GRAPH_INVALID"],
  ])("is refused for %s", async (_, slice, reason) => {
    await expect(read(bundle(parts, { v: whole }), "v", slice)).rejects.toMatchObject({ reason });
  });

  it("is refused where a slice is missing", async () => {
    const [first] = Object.entries(parts);
    await expect(read(bundle(Object.fromEntries(first ? [first] : []), { v: whole }), "v")).rejects.toMatchObject({
      reason: "VARIABLE_MISSING",
    });
    const files = bundle(parts, { v: { ...whole, slices: [proto(top)] } });
    await expect(read(files, "v")).rejects.toMatchObject({
      reason: "VARIABLE_MISSING",
      message: expect.stringContaining("2 elements"),
    });
  });
});

describe("a damaged checkpoint", () => {
  const large = { dtype: FLOAT as 1, shape: shapeOf([2 ** 20, 2 ** 20]), size: 2n ** 42n };

  it.each<[what: string, files: Record<string, Uint8Array>, reason: string]>([
    ["without an index", {}, "FILE_MISSING"],
    ["whose index is cut off", cutOff(bundle({ a: PAIR }), "variables/variables.index"), "FILE_INVALID"],
    ["whose index is no table", { "variables/variables.index": Buffer.alloc(100) }, "FILE_INVALID"],
    ["without a header", { "variables/variables.index": sortedTable([["a", new Uint8Array(0)]]) }, "FILE_INVALID"],
    ["of too many shards", bundle({ a: PAIR }, { "": { offset: 0n } }, {}), "FILE_INVALID"],
    ["whose shard is missing", without(bundle({ a: PAIR }), "variables/variables.data-00000-of-00001"), "FILE_MISSING"],
    ["whose shard is cut off", cutOff(bundle({ a: PAIR }), "variables/variables.data-00000-of-00001"), "FILE_INVALID"],
    ["whose value has another checksum", bundle({ a: { ...PAIR, checksum: 1 } }), "CHECKSUM_MISMATCH"],
    [
      "whose strings have another checksum",
      bundle({ a: { dataType: STRING, shape: [1], ...stringValue("x"), checksum: 1 } }),
      "CHECKSUM_MISMATCH",
    ],
    [
      "whose strings' lengths have another checksum",
      bundle({ a: { dataType: STRING, shape: [2], bytes: Uint8Array.of(1, 0, 9, 9, 9, 9, 65) } }),
      "CHECKSUM_MISMATCH",
    ],
    ["of fewer bytes than its shape", bundle({ a: { ...PAIR, shape: [3] } }), "FILE_INVALID"],
    ["of a shard that is not there", bundle({}, { a: { dtype: 1, shape: shapeOf([0]), shardId: 7 } }), "FILE_INVALID"],
    ["at a place before its file", bundle({ a: { ...PAIR, offset: -8 } }), "FILE_INVALID"],
    ["of a negative size", bundle({}, { a: { dtype: 1, shape: shapeOf([-2]) } }), "GRAPH_INVALID"],
    ["larger than its files", bundle({ b: PAIR }, { a: large }), "TOO_LARGE"],
    ["of what has no values", bundle({ a: { ...PAIR, dataType: VARIANT } }), "UNSUPPORTED"],
    ["of an unknown type", bundle({ a: { ...PAIR, dataType: 99 } }), "GRAPH_INVALID"],
    ["without the variable", bundle({ b: PAIR }), "VARIABLE_MISSING"],
  ])("%s is refused", async (_, files, reason) => {
    await expect(read(files, "a")).rejects.toMatchObject({ name: "SavedModelError", reason });
  });

  it("with one bit of its index another is refused", async () => {
    const files = bundle({ a: PAIR });
    const index = Buffer.from(files["variables/variables.index"] as Uint8Array);
    index[3] = (index[3] as number) ^ 4;
    await expect(read({ ...files, "variables/variables.index": index }, "a")).rejects.toMatchObject({
      reason: "CHECKSUM_MISMATCH",
    });
  });

  it("past the largest size is refused", async () => {
    await expect(asked(bundle({ a: PAIR }), (checkpoint) => checkpoint.read("a"), 7)).rejects.toMatchObject({
      reason: "TOO_LARGE",
    });
  });
});

function without(files: Record<string, Uint8Array>, name: string): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(files).filter(([each]) => each !== name));
}

function cutOff(files: Record<string, Uint8Array>, name: string): Record<string, Uint8Array> {
  return { ...files, [name]: (files[name] as Uint8Array).subarray(0, -1) };
}
