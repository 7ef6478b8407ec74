import { Input } from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";
import { describe, expect, it } from "vitest";
import { type Example, ExampleBatch, MAX_EXAMPLES, readExample, readInput, writeExample } from "../src/index.js";
import { bytes, example, message } from "./examples.js";
import { thrownBy } from "./thrown.js";

const CONTEXT = example({ uno: [1n], dos: [2] });
const EXAMPLES = [example({}), example({ tres: ["3"], dos: ["two"] })];
const MERGED = [CONTEXT, example({ uno: [1n], dos: ["two"], tres: ["3"] })];

/** The message `Input` of these examples. */
function input(examples: readonly Example[], context?: Example): Uint8Array {
  const list = Buffer.concat([...examples].map((each) => field(1, message(each))));
  return new Uint8Array(
    context === undefined ? field(1, list) : field(2, Buffer.concat([list, field(2, message(context))])),
  );
}

function field(number: number, content: Uint8Array): Buffer {
  expect(content.length).toBeLessThan(128);
  return Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
}

describe("the examples of a request", () => {
  it.each<[from: string, batch: () => ExampleBatch]>([
    ["values", () => ExampleBatch.ofParsed(EXAMPLES, CONTEXT)],
    ["bytes", () => ExampleBatch.ofSerialized(EXAMPLES.map(message), message(CONTEXT))],
    ["a message Input", () => readInput(input(EXAMPLES, CONTEXT))],
  ])("P27 P43 take what they lack from the context, from %s", (_, create) => {
    const batch = create();
    expect(batch.size).toBe(2);
    expect(batch.parsed()).toEqual(MERGED);
    expect(batch.serialized().map(readExample)).toEqual(MERGED);
  });

  it("P43 are unchanged without a context, to the byte", () => {
    const serialized = EXAMPLES.map(message);
    expect(ExampleBatch.ofSerialized(serialized).serialized()).toBe(serialized);
    expect(readInput(input(EXAMPLES)).serialized()).toEqual(serialized);
    expect(ExampleBatch.ofParsed(EXAMPLES).parsed()).toBe(EXAMPLES);
  });

  it("are views over the message that they came in", () => {
    const request = input(EXAMPLES);
    expect(readInput(request).serialized()[1]?.buffer).toBe(request.buffer);
  });

  it("are brought into a form once", () => {
    const batch = ExampleBatch.ofParsed(EXAMPLES);
    expect(batch.serialized()).toEqual(EXAMPLES.map(writeExample));
    expect(batch.serialized()).toBe(batch.serialized());
  });

  it.each<[what: string, create: () => unknown, fragment: string]>([
    ["P30 no input", () => readInput(undefined), "Input is empty"],
    ["P30 an empty list", () => readInput(input([])), "Input is empty"],
    ["P30 a context alone", () => readInput(input([], CONTEXT)), "Input is empty"],
    [
      "a list of no messages",
      () => readInput(Uint8Array.of(0x0a, 0x02, 0x0a, 0x7f)),
      "The input is no list of examples",
    ],
    ["no values", () => ExampleBatch.ofParsed([]), "Input is empty"],
    ["too many", () => ExampleBatch.ofParsed(new Array(MAX_EXAMPLES + 1).fill(CONTEXT)), "at most 100000 examples"],
    ["too many in a message", () => readInput(manyEmpty(MAX_EXAMPLES + 1)), "at most 100000 examples"],
    [
      "a context that would be copied too often",
      () => ExampleBatch.ofParsed(new Array(1_000).fill(example({})), example({ x: ["x".repeat(100_000)] })),
      "Send the examples in several requests",
    ],
    [
      "the same of bytes",
      () => ExampleBatch.ofSerialized(new Array(1_000).fill(bytes("")), new Uint8Array(100_000)),
      "Send the examples in several requests",
    ],
    [
      "bytes that are no example, when they are parsed",
      () => ExampleBatch.ofSerialized([bytes("x")]).parsed(),
      "Example 0 is no",
    ],
    ["a context that is no example", () => ExampleBatch.ofSerialized([bytes("")], bytes("x")), "The context is no"],
  ])("refuse %s", (_, create, fragment) => {
    const error = thrownBy(create);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "REQUEST_INVALID" });
    expect(error.message).toContain(fragment);
  });
});

function manyEmpty(count: number): Uint8Array {
  const list = { examples: new Array(count).fill({}) };
  return Input.encode(Input.fromPartial({ kind: { $case: "exampleList", value: list } })).finish();
}
