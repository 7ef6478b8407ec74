import { describe, expect, it } from "vitest";
import type { TextFileLayout } from "../src/initial/source.js";
import { readTextFileTable } from "../src/initial/text-file-table.js";

const LINES: TextFileLayout = { keyIndex: -2, valueIndex: -1, size: -1, offset: 0, delimiter: "\t" };
const COLUMNS: TextFileLayout = { ...LINES, keyIndex: 1, valueIndex: 0 };
const INDEX = { key: "string", value: "int64" } as const;

function entries(
  text: string,
  layout: Partial<TextFileLayout> = {},
  types: Parameters<typeof readTextFileTable>[2] = INDEX,
): unknown {
  const { keys, values } = readTextFileTable(Buffer.from(text), { ...LINES, ...layout }, types, "assets/words.txt");
  return [keys, values].map((tensor) => {
    if (tensor.dtype === "string") return tensor.strings.map((each) => Buffer.from(each).toString());
    const bytes = Uint8Array.from(tensor.bytes).buffer;
    return tensor.dtype === "int64" ? [...new BigInt64Array(bytes)].map(Number) : [...new Float32Array(bytes)];
  });
}

describe("a table from a text file", () => {
  it.each<[what: string, text: string, layout: Partial<TextFileLayout>, expected: unknown]>([
    [
      "of lines and their numbers",
      "red\ngreen\n",
      {},
      [
        ["red", "green"],
        [0, 1],
      ],
    ],
    [
      "whose last line does not end",
      "red\ngreen",
      {},
      [
        ["red", "green"],
        [0, 1],
      ],
    ],
    [
      "with an empty line",
      "red\n\ngreen\n",
      {},
      [
        ["red", "", "green"],
        [0, 1, 2],
      ],
    ],
    [
      "with Windows' ends of lines",
      "red\r\ngreen\r\n",
      {},
      [
        ["red", "green"],
        [0, 1],
      ],
    ],
    [
      "of the first lines",
      "red\ngreen\nblue\n",
      { size: 2 },
      [
        ["red", "green"],
        [0, 1],
      ],
    ],
    ["without its first line", "name\nred\n", { offset: 1 }, [["red"], [0]]],
    [
      "of columns",
      "7\tred\n-9\tété\n",
      COLUMNS,
      [
        ["red", "été"],
        [7, -9],
      ],
    ],
    ["of columns with another delimiter", "7,red,x\n", { ...COLUMNS, delimiter: "," }, [["red"], [7]]],
    ["of nothing", "", {}, [[], []]],
  ])("%s", (_, text, layout, expected) => {
    expect(entries(text, layout)).toEqual(expected);
  });

  it("may have other numbers", () => {
    expect(
      entries("0.5 1e3\n", { keyIndex: 0, valueIndex: 1, delimiter: " " }, { key: "string", value: "float32" }),
    ).toEqual([["0.5"], [1000]]);
  });

  it.each<[what: string, text: string, layout: Partial<TextFileLayout>, message: RegExp]>([
    ["of too few lines", "red\n", { size: 2 }, /Expected 2 lines in assets\/words.txt, got 1/],
    ["of too few columns", "7\n", COLUMNS, /Expected a column 1 in line 1 of assets\/words.txt, got 1 columns/],
    [
      "with words for numbers",
      "seven\tred\n",
      COLUMNS,
      /Expected a number in line 1 of assets\/words.txt, got "seven"/,
    ],
    ["with parts of numbers", "0.5\tred\n", COLUMNS, /Expected an integer in line 1/],
  ])("%s is refused", (_, text, layout, message) => {
    expect(() => entries(text, layout)).toThrow(
      expect.objectContaining({ reason: "ASSET_INVALID", message: expect.stringMatching(message) }),
    );
  });
});
