import { Example as ExampleMessage } from "@plinth/protobuf-messages/tensorflow/example";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Example, type Feature, NO_FEATURE, readExample, writeExample } from "../src/index.js";
import { bytes, example, feature, message } from "./examples.js";

const MIXED = example({
  names: ["foo", "bär", ""],
  ratings: [8, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45],
  ages: [20n, -1n, 2n ** 63n - 1n, -(2n ** 63n)],
  __proto__: [1],
});

const features: fc.Arbitrary<Feature> = fc.oneof(
  fc.constant(NO_FEATURE),
  fc.array(fc.uint8Array(), { minLength: 1 }).map((values) => ({ kind: "bytes" as const, values })),
  fc
    .array(fc.float(), { minLength: 1 })
    .map((values) => ({ kind: "float" as const, values: Float32Array.from(values) })),
  fc
    .array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1 })
    .map((values) => ({ kind: "int64" as const, values: BigInt64Array.from(values) })),
);
const examples: fc.Arbitrary<Example> = fc
  .array(fc.tuple(fc.string({ unit: "grapheme" }), features), { maxLength: 5 })
  .map((entries) => new Map(entries));

describe("tf.Example as bytes", () => {
  it("is read as another program writes it", () => {
    expect(readExample(message(MIXED))).toEqual(MIXED);
    fc.assert(
      fc.property(examples, (any) => {
        expect(readExample(message(any))).toEqual(any);
      }),
    );
  });

  it("is written as another program reads it, features in the order of their names", () => {
    const written = ExampleMessage.decode(writeExample(MIXED)).features?.feature ?? new Map();
    expect([...written.keys()]).toEqual([...MIXED.keys()].sort());
    expect(written.get("ages")).toEqual({
      kind: { $case: "int64List", value: { value: [20n, -1n, 2n ** 63n - 1n, -(2n ** 63n)] } },
    });
    fc.assert(
      fc.property(examples, (any) => {
        expect(readExample(writeExample(any))).toEqual(any);
      }),
    );
  });

  it("is the same for equal examples", () => {
    expect(writeExample(new Map([...MIXED].reverse()))).toEqual(writeExample(MIXED));
  });

  it("may be made of several parts: features are put together, the last of a name counts", () => {
    const parts = [example({ a: [1], b: ["old"] }), example({ b: [2n], c: [3] })].map(message);
    expect(readExample(new Uint8Array(Buffer.concat(parts)))).toEqual(example({ a: [1], b: [2n], c: [3] }));
  });

  it.each<[form: string, message: readonly number[], values: Feature]>([
    [
      "floats one by one",
      [0x0a, 0x0d, 0x0a, 0x0b, 0x0a, 0x00, 0x12, 0x07, 0x12, 0x05, 0x0d, 0, 0, 0x80, 0x3f],
      feature([1]),
    ],
    [
      "integers one by one",
      [0x0a, 0x0c, 0x0a, 0x0a, 0x0a, 0x00, 0x12, 0x06, 0x1a, 0x04, 0x08, 0x05, 0x08, 0x07],
      feature([5n, 7n]),
    ],
    [
      "lists of which the last is of another kind",
      [0x0a, 0x0e, 0x0a, 0x0c, 0x0a, 0x00, 0x12, 0x08, 0x12, 0x00, 0x1a, 0x02, 0x08, 0x05, 0x1a, 0x00],
      feature([5n]),
    ],
    ["an entry without a value", [0x0a, 0x04, 0x0a, 0x02, 0x0a, 0x00], NO_FEATURE],
  ])("takes %s", (_, serialized, values) => {
    expect(readExample(Uint8Array.from(serialized))).toEqual(new Map([["", values]]));
  });

  it("gives bytes as views", () => {
    const serialized = writeExample(example({ name: ["foo"] }));
    const { values } = readExample(serialized).get("name") ?? NO_FEATURE;
    expect((values[0] as Uint8Array).buffer).toBe(serialized.buffer);
  });

  it.each<[problem: string, message: readonly number[]]>([
    ["a field that reaches past the end", [0x0a, 0x05, 0x0a]],
    ["a field that reaches past its message", [0x0a, 0x02, 0x0a, 0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["floats that are cut", [0x0a, 0x0b, 0x0a, 0x09, 0x12, 0x07, 0x12, 0x05, 0x0a, 0x03, 0, 0, 0]],
    ["a field number of 0", [0x02, 0x00]],
    ["a varint without an end", [0x0a, 0x80, 0x80]],
  ])("refuses %s", (_, serialized) => {
    expect(() => readExample(Uint8Array.from(serialized))).toThrow(Error);
  });

  it("reads any bytes to an end", () => {
    const valid = writeExample(MIXED);
    const damaged = fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = valid.slice();
      copy[at] = byte;
      return copy;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), damaged), (any) => {
        try {
          readExample(any);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Error);
        }
      }),
    );
  });

  it("passes over groups, but not for ever", () => {
    expect(readExample(Uint8Array.from([0x2b, 0x2c]))).toEqual(new Map());
    expect(() => readExample(new Uint8Array(100_000).fill(0x2b))).toThrow(Error);
    expect(readExample(bytes(""))).toEqual(new Map());
  });
});
