import { parseTextFormat, TextFormatError, type TextMessage, type TextValue } from "@plinth/text-format";
import { describe, expect, it } from "vitest";

/** A value as a test writes it: text of strings, a message as pairs of name and value. */
function plain(value: TextValue): unknown {
  if (value.kind === "message") return pairs(value);
  if (value.kind === "string") return Buffer.from(value.value).toString("latin1");
  return value.kind === "word" && value.negative ? `-${value.value}` : value.value;
}

function pairs(message: TextMessage): unknown {
  return message.fields.map(({ name, value }) => [name, plain(value)]);
}

function read(text: string): unknown {
  return pairs(parseTextFormat(text));
}

function faultOf(text: string): string {
  try {
    parseTextFormat(text);
  } catch (thrown) {
    if (thrown instanceof TextFormatError) return `${thrown.at.line}:${thrown.at.column}: ${thrown.message}`;
    throw thrown;
  }
  return expect.fail("it was read");
}

describe("a text", () => {
  it.each<[form: string, text: string, fields: unknown]>([
    ["nothing", "", []],
    ["comments and blanks", "# a\n\t \r\n# b", []],
    ["a byte order mark", "\ufeffa: 1", [["a", 1n]]],
    [
      "one field a line",
      "a: 1\nb: 2",
      [
        ["a", 1n],
        ["b", 2n],
      ],
    ],
    [
      "separators",
      "a: 1, b: 2; c: 3",
      [
        ["a", 1n],
        ["b", 2n],
        ["c", 3n],
      ],
    ],
    [
      "no separators",
      "a:1 b:2",
      [
        ["a", 1n],
        ["b", 2n],
      ],
    ],
    ["a message", "a { b: 1 }", [["a", [["b", 1n]]]]],
    ["a message after a colon", "a: { b: 1 }", [["a", [["b", 1n]]]]],
    [
      "a message in angle brackets",
      "a < b: 1 c <> >",
      [
        [
          "a",
          [
            ["b", 1n],
            ["c", []],
          ],
        ],
      ],
    ],
    ["a message on many lines", "a:\n{\nb\n:\n1\n}", [["a", [["b", 1n]]]]],
    ["a comment inside", "a { # what\n b: 1 # why\n}", [["a", [["b", 1n]]]]],
    [
      "a field again",
      "a: 1 a: 2",
      [
        ["a", 1n],
        ["a", 2n],
      ],
    ],
    [
      "a list",
      "a: [1, 2]",
      [
        ["a", 1n],
        ["a", 2n],
      ],
    ],
    ["an empty list", "a: [] b: []", []],
    [
      "a list of messages",
      "a [{ b: 1 }, <>]",
      [
        ["a", [["b", 1n]]],
        ["a", []],
      ],
    ],
    ["a word", "a: TYPE_FP32", [["a", "TYPE_FP32"]]],
    ["a negative word", "a: -inf", [["a", "-inf"]]],
    ["an extension", "[my.own_extension]: 1", [["[my.own_extension]", 1n]]],
    ["an Any", "[type.googleapis.com/a.B] { c: 1 }", [["[type.googleapis.com/a.B]", [["c", 1n]]]]],
  ])("may hold %s", (_form, text, fields) => {
    expect(read(text)).toEqual(fields);
  });

  it.each<[written: string, value: unknown]>([
    ["0", 0n],
    ["-0", 0n],
    ["42", 42n],
    ["- 42", -42n],
    ["017", 15n],
    ["0x1F", 31n],
    ["-0Xff", -255n],
    ["18446744073709551615", 18446744073709551615n],
    ["0.5", 0.5],
    [".5", 0.5],
    ["5.", 5],
    ["-1.5e-3", -0.0015],
    ["1e3", 1000],
    ["2f", 2],
    ["1.5F", 1.5],
    ["true", "true"],
  ])("holds the number or word %s", (written, value) => {
    expect(read(`a: ${written}`)).toEqual([["a", value]]);
  });

  it.each<[written: string, bytes: string]>([
    ['"plain"', "plain"],
    ["'it\"s'", 'it"s'],
    ['"one" \'two\'\n"three"', "onetwothree"],
    [String.raw`"\a\b\f\n\r\t\v\\\'\"\?"`, "\x07\b\f\n\r\t\v\\'\"?"],
    [String.raw`"\0\12\377"`, "\0\n\xff"],
    [String.raw`"\x4a\X4B\xe"`, "JK\x0e"],
    [String.raw`"\u00e4"`, "\xc3\xa4"],
    [String.raw`"\U0001F600"`, "\xf0\x9f\x98\x80"],
    [String.raw`"\ud83d\ude00"`, "\xf0\x9f\x98\x80"],
    ['"ä"', "\xc3\xa4"],
    ['"# no comment"', "# no comment"],
    ['""', ""],
  ])("holds the string %s", (written, bytes) => {
    expect(read(`a: ${written}`)).toEqual([["a", bytes]]);
  });

  it("keeps line and column of names, values and messages", () => {
    const { fields } = parseTextFormat('list {\n  name: "a", # here\n  sizes: [1,\n    2]\n}');
    expect(fields[0]).toMatchObject({ at: { line: 1, column: 1 }, value: { at: { line: 1, column: 6 } } });
    expect(fields[0]?.value).toMatchObject({
      fields: [
        { at: { line: 2, column: 3 }, value: { at: { line: 2, column: 9 } } },
        { at: { line: 3, column: 3 }, value: { at: { line: 3, column: 11 } } },
        { at: { line: 3, column: 3 }, value: { at: { line: 4, column: 5 } } },
      ],
    });
  });
});

describe("a text that is not of the format", () => {
  it.each<[text: string, fault: string]>([
    ["improperly formatted file", '1:12: expected ":" or a message after improperly, got "formatted"'],
    ["a: 1\n  : 2", '2:3: expected the name of a field or the end, got ":"'],
    ["a { b: 1", "1:9: expected the name of a field or }, got the end of the file"],
    ["a { b: 1 >", '1:10: expected the name of a field or }, got ">"'],
    ["a: 1 }", '1:6: expected the name of a field or the end, got "}"'],
    ["a:", "1:3: expected a value for a, got the end of the file"],
    ["a: ,", '1:4: expected a value for a, got ","'],
    ["a: [1 2]", '1:7: expected "," or "]" in the list of a, got "2"'],
    ["a: [1,]", '1:7: expected an item of the list of a, got "]"'],
    ["a [1]", '1:4: expected ":" after a, or a list of messages, got "1"'],
    ["a: - 'x'", "1:6: expected a number after the minus, got the string 'x'"],
    ["a: 12ab", '1:4: expected a number, got "12ab"; put a blank after a number'],
    ["a: 089", "1:4: expected an octal number, since 089 begins with 0, got a digit above 7"],
    [`a: ${"9".repeat(50)}`, "1:4: expected a number of at most 40 digits"],
    ['a: "open\nb: 1', "1:4: this string does not end in its line"],
    [String.raw`a: "\q"`, "1:4: this string has a backslash that begins no escape; write \\\\ for a backslash"],
    [String.raw`a: "\777"`, "1:4: this string has the escape \\777, which is more than a byte"],
    [String.raw`a: "\ud800"`, "1:4: this string has the escape \\ud800, which is no character"],
    ["a: 1 $", '1:6: "$" begins nothing that a text-format file can hold'],
    ["[a b!]: 1", '1:5: "!" begins nothing that a text-format file can hold'],
  ])("is told with its place: %s", (text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });

  it.each<[bound: string, text: string, words: string]>([
    ["depth", "a{".repeat(200), "1:202: expected at most 100 messages inside one another"],
    ["fields", `a: [${"1,".repeat(100_001)}1]`, "expected at most 100000 fields"],
    ["size", " ".repeat(1024 * 1024 + 1), "expected at most 1048576 characters"],
  ])("is bounded in %s", (_bound, text, words) => {
    expect(faultOf(text)).toContain(words);
  });

  it("ends with a fault of its own, whatever it is made of", () => {
    for (const part of ["#\n", "'", "\\", "-", "0x", "a:[", "<", "1.e", '"\\'])
      expect(() => parseTextFormat(part.repeat(200_000 / part.length))).not.toThrow(RangeError);
  });
});
