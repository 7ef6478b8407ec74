import type { Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { decode, deep, elements, failure, tensors } from "./decoding.js";

describe("bad syntax", () => {
  const numbers = [
    "1.",
    ".5",
    "-",
    "--1",
    "+1",
    "01",
    "-01",
    "1.e5",
    "1e",
    "1e+",
    "1.5.5",
    "0x10",
    "1_000",
    "1f",
    "00",
  ];
  const words = ["NaNa", "nan", "-NaN", "Inf", "infinity", "-infinity", "tru", "truefalse", "True", "nul", "undefined"];
  const strings = [
    "'a'",
    '"a',
    'a"',
    '"a""b"',
    '"\t"',
    '"\\q"',
    '{"b64":"a"',
    '{"b64" "a"}',
    '{b64:"a"}',
    '{"b64":"a",}',
  ];
  const lists = [
    "[",
    "]",
    "[1",
    "[,1]",
    "[1,]",
    "[1 2]",
    "[1:2]",
    "[1}",
    "[[1] [2]]",
    "[[1]:[2]]",
    "[[1],]",
    "[[1]",
    "[1]]",
  ];
  const blanks = ["\v1", "\f1", "\u00a01", "\u20281", "[1\u000b,1]", "[[1]\u000c,[1]]", "/**/1"];

  it.each([...numbers, ...words, ...strings, ...lists, ...blanks])("is told as such for every dtype: %j", (text) => {
    for (const dtype of ["float32", "float64", "float16", "int32", "uint8", "int64", "bool", "string"] as const) {
      for (const value of [text, `[${text}]`, `[[1],[${text}]]`]) {
        for (const key of ["instances", "inputs"]) {
          const { message } = failure({ x: dtype }, `{"${key}": ${value}}`);
          expect(message, `${dtype} ${key} ${value}`).toMatch(/^JSON Parse error/);
        }
      }
      const row = failure({ x: dtype, y: "float32" }, `{"instances": [{"x": ${text}, "y": 1}]}`);
      expect(row.message).toMatch(/^JSON Parse error/);
    }
  });

  it.each([
    '{"x" 1}',
    "{x: 1}",
    '{"x": 1,}',
    '{,"x": 1}',
    '{"x": 1 "y": 2}',
    '{"x": 1; "y": 2}',
    '{"x"',
    '{"x": 1',
    "{",
  ])("of an object is told as such: %s", (text) => {
    for (const body of [`{"instances": [${text}]}`, `{"inputs": ${text}}`, `{"inputs": 1, "other": ${text}}`, text]) {
      expect(failure({ x: "int32" }, body).message, body).toMatch(/^JSON Parse error/);
    }
  });
});

describe("lists", () => {
  it.each([
    ["{}", "[]", [0]],
    ["columns", "[[],[]]", [2, 0]],
    ["depth", "[[[]],[[]]]", [2, 1, 0]],
  ])("may be empty (%s)", (_, value, shape) => {
    expect(tensors(decode({ x: "float32" }, `{"inputs": ${value}}`)).x).toStrictEqual({
      dtype: "float32",
      shape,
      data: [],
    });
  });

  it("may be empty instances", () => {
    expect(tensors(decode({ x: "string" }, '{"instances": [[],[]]}')).x?.shape).toEqual([2, 0]);
    expect(tensors(decode({ x: "int64" }, '{"instances": [{"x":[]},{"x":[]}]}')).x?.shape).toEqual([2, 0]);
  });

  it("may not be empty where others are not", () => {
    expect(failure({ x: "int32" }, '{"inputs": [[],[1]]}').message).toContain("unexpected size: 1");
    expect(failure({ x: "int32" }, '{"inputs": [[1],[]]}').message).toContain("unexpected size: 0");
  });

  it("may be 254 deep and no more", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}1${"]".repeat(depth)}`;
    expect(tensors(decode({ x: "int32" }, `{"inputs": ${nested(254)}}`)).x?.shape).toHaveLength(254);
    expect(tensors(decode({ x: "int32" }, `{"instances": [{"x": ${nested(253)}}]}`)).x?.shape).toHaveLength(254);
    expect(failure({ x: "int32" }, `{"inputs": ${nested(255)}}`).message).toContain("nested deeper than 254");
    expect(failure({ x: "int32" }, `{"instances": ${nested(255)}}`).message).toContain("nested deeper than 253");
    expect(failure({ x: "int32" }, `{"instances": [{"x": ${nested(254)}}]}`).message).toContain(
      "nested deeper than 253",
    );
  });

  it.each(["instances", "inputs"])("hostile depth in %s is refused", (key) => {
    expect(failure({ x: "int32" }, `{"${key}": ${deep("[", "]")}}`).message).toContain("nested deeper");
    expect(failure({ x: "int32" }, `{"${key}": ${"[".repeat(500_000)}}`).message).toContain("JSON Parse error");
    expect(failure({ x: "string" }, `{"${key}": ${deep('[{"a":', "}]")}}`).code).toBe("INVALID_ARGUMENT");
  });

  it("of more numbers than any buffer inside are read whole", () => {
    const values = Array.from({ length: 100_000 }, (_, index) => index % 1000);
    for (const dtype of ["uint16", "float32", "int64", "bfloat16"] as const) {
      const read = decode({ x: dtype }, `{"instances": ${JSON.stringify(values)}}`).inputs.get("x") as Tensor;
      expect(read.shape).toEqual([100_000]);
      expect(read.data.length).toBe(100_000);
    }
    const rows = decode(
      { x: "int32", y: "float64" },
      `{"instances": ${JSON.stringify(values.map((value) => ({ x: value, y: value / 8 })))}}`,
    );
    expect(elements(rows.inputs.get("x") as Tensor)).toEqual(values);
    expect(elements(rows.inputs.get("y") as Tensor)).toEqual(values.map((value) => value / 8));
  });
});

describe("strings", () => {
  it("are the request's own bytes where nothing is escaped", () => {
    const body = Buffer.from('{"inputs": ["plain", "esc\\n"]}');
    const tensor = decode({ x: "string" }, body).inputs.get("x") as Tensor<"string">;
    const [plain, escaped] = tensor.data;
    expect(plain?.buffer).toBe(body.buffer);
    expect(plain?.constructor).toBe(Uint8Array);
    expect(Buffer.from(escaped ?? []).toString()).toBe("esc\n");
  });

  it("keep bytes that are not UTF-8", () => {
    const body = Buffer.concat([Buffer.from('{"inputs": "'), Buffer.from([0xff, 0xc0]), Buffer.from('"}')]);
    expect(decode({ x: "string" }, body).inputs.get("x")?.data).toEqual([new Uint8Array([0xff, 0xc0])]);
  });

  it("mix with base64 data", () => {
    const body = '{"instances": ["a", {"b64": "Yg=="}, {"b64": "Yw"}, {"b64": "a\\/b="}, {"b64": ""}]}';
    const { data } = decode({ x: "string" }, body).inputs.get("x") as Tensor<"string">;
    expect(data.map((bytes) => Buffer.from(bytes).toString("latin1"))).toEqual(["a", "b", "c", "k\u00f6", ""]);
  });
});
