import { describe, expect, it } from "vitest";
import { arranged } from "../../app/try-it/given.js";
import { jsonValue } from "../../app/try-it/json-value.js";
import { numberJson, wordsOf } from "../../app/try-it/numbers.js";

const spec = (shape: readonly number[] | undefined, dtype = "float32" as const) => ({
  name: "x",
  dtype,
  ...(shape && { shape }),
});

describe("elements of an input", () => {
  it.each([
    [[], ["1"], "1"],
    [[-1], ["1", "2"], "[1,2]"],
    [[2], ["1", "2"], "[1,2]"],
    [[-1, 2], ["1", "2", "3", "4"], "[[1,2], [3,4]]"],
    [[-1, -1], ["1", "2", "3"], "[[1,2,3]]"],
    [[-1, 2, -1], ["1", "2", "3", "4"], "[[[1,2], [3,4]]]"],
    [undefined, ["1", "2"], "[1,2]"],
  ])("are nested as the shape %j says", (shape, elements, json) => {
    expect(arranged(elements, spec(shape))).toEqual({ json });
  });

  it.each([
    [[4], ["1"], "takes 4 numbers; there are 1"],
    [[-1, 3], ["1", "2"], "takes 3 numbers, or twice"],
    [[-1], [], "at least one number; there are none"],
    [[], [], "takes 1 number; there are none"],
  ])("are counted against the shape %j", (shape, elements, fault) => {
    expect(arranged(elements, spec(shape))).toEqual({ fault: expect.stringContaining(fault) });
  });
});

describe("numbers", () => {
  it.each([
    ["+1.50", "float32", "1.50"],
    [".5", "float64", "0.5"],
    ["-.5e3", "float32", "-0.5e3"],
    ["5.", "float32", "5"],
    ["007", "float32", "7"],
    ["NaN", "float32", "NaN"],
    ["-inf", "float32", "-Infinity"],
    ["9223372036854775807", "int64", "9223372036854775807"],
    ["+0012", "int8", "12"],
    ["True", "bool", "true"],
    ["0", "bool", "false"],
  ] as const)("%s as %s becomes %s", (word, dtype, json) => {
    expect(numberJson(word, dtype)).toBe(json);
  });

  it.each([
    ["1.5", "int64", "no whole number, which int64 takes"],
    ["300", "uint8", "out of the range of uint8: 0 to 255"],
    ["-1", "uint64", "out of the range"],
    ["two", "float32", "“two” is no number"],
    ["nan", "int32", "no number"],
    ["yes", "bool", "neither true nor false"],
  ] as const)("%s is refused as %s: %s", (word, dtype, why) => {
    expect(() => numberJson(word, dtype)).toThrow(why);
  });

  it("stand between blanks, commas and brackets", () => {
    expect(wordsOf("[[1, 2]\n;3]\t4,")).toEqual(["1", "2", "3", "4"]);
  });
});

describe("a value written as JSON", () => {
  it.each([
    ["[[1, 2]]", { json: "[[1, 2]]" }],
    ["[[1, NaN]]", { json: "[[1, NaN]]" }],
    ["[[1, 2], [3]]", { fault: expect.stringContaining("not all of the same length") }],
    ["[1, 2]", { fault: "Expected the shape [any, 2], got [2]." }],
    ["[[1, 2", { fault: expect.stringContaining("no JSON") }],
  ])("is held against the shape: %s", (text, given) => {
    expect(jsonValue(text, spec([-1, 2]), "binding")).toEqual(given);
  });

  it("may have another shape where shapes are advice", () => {
    expect(jsonValue("[1]", spec([-1, 2]), "advisory")).toEqual({ json: "[1]" });
  });
});
