import { type MessageType, parseTextFormat, readMessage } from "@plinth/text-format";
import { expect, it } from "vitest";

const ENTRY: MessageType = { name: "Entry", fields: { key: "string", value: "int64" } };
const TYPE: MessageType = {
  name: "Everything",
  fields: {
    text: "string",
    bytes: "bytes",
    flag: "bool",
    small: "int32",
    count: "uint32",
    large: "int64",
    huge: "uint64",
    ratio: "float",
    kind: { enum: { NONE: 0, SOME: 7 } },
    entries: { repeated: ENTRY },
    sizes: { repeated: "int32" },
    inner: ENTRY,
  },
  oneofs: [["small", "large"]],
};

function read(text: string) {
  const faults: string[] = [];
  const message = readMessage(parseTextFormat(text), TYPE, {
    problem: ({ at, path, message }) => faults.push(`${at.line}:${at.column} ${path.join(".")}: ${message}`),
    suggest: (_name, known) => `; there are ${known.length}`,
  });
  return { message, faults };
}

it.each<[text: string, value: unknown]>([
  ['text: "ä"', "ä"],
  [String.raw`bytes: "\377"`, new Uint8Array([255])],
  ["flag: t", true],
  ["flag: False", false],
  ["flag: 1", true],
  ["small: -2147483648", -2_147_483_648],
  ["count: 0xFFFFFFFF", 4_294_967_295],
  ["large: -9223372036854775808", -9_223_372_036_854_775_808n],
  ["huge: 18446744073709551615", 18_446_744_073_709_551_615n],
  ["ratio: 3", 3],
  ["ratio: -Infinity", Number.NEGATIVE_INFINITY],
  ["ratio: nan", Number.NaN],
  ["kind: SOME", "SOME"],
  ["kind: 7", "SOME"],
])("reads %s", (text, value) => {
  const { message, faults } = read(text);
  expect(faults).toEqual([]);
  const [field] = [...message.fields.values()].flat();
  const plain = field?.value instanceof Uint8Array ? new Uint8Array(field.value) : field?.value;
  expect(plain).toEqual(value);
});

it("gives every value of a repeated field, and messages inside one another, with their places", () => {
  const { message } = read('sizes: [4, 8]\nentries { key: "a" value: 1 }\nentries { key: "b" }');
  expect(message.fields.get("sizes")?.map(({ value }) => value)).toEqual([4, 8]);
  const entries = message.fields.get("entries") ?? [];
  expect(entries.map(({ at }) => at.line)).toEqual([2, 3]);
  expect(entries[1]?.value).toMatchObject({ fields: new Map([["key", [expect.objectContaining({ value: "b" })]]]) });
});

it("tells all that is wrong at once, and gives what is right", () => {
  const { message, faults } = read(
    [
      "txt: 1",
      "text: 1",
      String.raw`text: "\377"`,
      'flag: "true"',
      "small: 2147483648",
      "large: 1",
      "count: -1",
      "huge: 1.5",
      "ratio: fast",
      "kind: OTHER",
      "inner: 3",
      "inner { } ",
      "sizes: [1, x]",
      "entries { kee: 1 }",
      "constructor: 1",
    ].join("\n"),
  );
  expect(faults).toEqual([
    '1:1 txt: Everything has no field "txt"; there are 12',
    "2:7 text: expected a string in quotes, got 1",
    "3:1 text: this field stands twice; keep one of them",
    '4:7 flag: expected true or false, got "true"',
    "5:8 small: expected a whole number from -2147483648 to 2147483647, got 2147483648",
    "7:8 count: expected a whole number from 0 to 4294967295, got -1",
    "8:7 huge: expected a whole number from 0 to 18446744073709551615, got 1.5",
    "9:8 ratio: expected a number, got fast",
    "10:7 kind: expected one of NONE, SOME, got OTHER",
    "11:8 inner: expected a message, as { … }, got a value",
    "12:1 inner: this field stands twice; keep one of them",
    "13:12 sizes.1: expected a whole number from -2147483648 to 2147483647, got x",
    '14:11 entries.0.kee: Entry has no field "kee"; there are 2',
    '15:1 constructor: Everything has no field "constructor"; there are 12',
    "6:1 large: only one of small, large may be set",
  ]);
  expect([...message.fields.keys()]).toEqual(["large", "sizes", "entries"]);
});

it("refuses a string that is not UTF-8 where text is expected", () => {
  expect(read(String.raw`text: "\377"`).faults).toEqual(["1:7 text: expected a string of UTF-8, got other bytes"]);
});
