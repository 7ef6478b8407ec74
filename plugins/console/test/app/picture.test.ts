import { describe, expect, it } from "vitest";
import { blankSheet, fitted, type Sheet, withStroke } from "../../app/try-it/drawing.js";
import { editorsOf } from "../../app/try-it/editors.js";
import { pictureLayout, sizedShape } from "../../app/try-it/picture-layout.js";
import { pictureValues, scaledJson } from "../../app/try-it/picture-values.js";

const float = (shape: readonly number[]) => ({ name: "x", dtype: "float32" as const, shape });

describe("the layout of a picture", () => {
  it.each([
    [[-1, 784], { height: 28, width: 28, channels: 1, order: "pixels" }],
    [[784], { height: 28, width: 28, channels: 1, order: "pixels" }],
    [[-1, 3_072], { height: 32, width: 32, channels: 3, order: "pixels" }],
    [[28, 28], { height: 28, width: 28, channels: 1, order: "pixels" }],
    [[-1, 28, 28], { height: 28, width: 28, channels: 1, order: "pixels" }],
    [[-1, 28, 28, 1], { height: 28, width: 28, channels: 1, order: "pixels" }],
    [[-1, 1, 28, 28], { height: 28, width: 28, channels: 1, order: "channels" }],
    [[1, 3, 224, 200], { height: 224, width: 200, channels: 3, order: "channels" }],
    [[64, 48, 3], { height: 64, width: 48, channels: 3, order: "pixels" }],
    [[-1, -1, -1, 3], { height: 224, width: 224, channels: 3, order: "pixels", hasOpenSize: true }],
    [[-1, 3, -1, -1], { height: 224, width: 224, channels: 3, order: "channels", hasOpenSize: true }],
  ])("is found in the shape %j", (shape, layout) => {
    expect(pictureLayout(float(shape))).toMatchObject(layout);
  });

  it.each([[[-1]], [[]], [[-1, 4]], [[-1, 10]], [[5, 28, 28, 1]], [[-1, -1]], [[-1, -1, 64]], [[-1, 2, 2, 3]]])(
    "is not in the shape %j",
    (shape) => {
      expect(pictureLayout(float(shape))).toBeUndefined();
    },
  );

  it("says where the size of a picture goes", () => {
    for (const [shape, sized] of [
      [
        [-1, -1, -1, 3],
        [1, 20, 30, 3],
      ],
      [
        [-1, 3, -1, -1],
        [1, 3, 20, 30],
      ],
      [
        [-1, 784],
        [1, 784],
      ],
    ] as const) {
      const layout = pictureLayout(float(shape)) ?? expect.fail("it is a picture");
      expect(sizedShape(shape, { ...layout, height: 20, width: 30 })).toEqual(sized);
    }
  });
});

describe("the ways to give an input", () => {
  it.each([
    [float([-1, 784]), ["drawing", "picture", "numbers", "json"]],
    [float([-1, 3, 224, 224]), ["picture", "numbers", "json"]],
    [float([-1, 256]), ["numbers", "drawing", "picture", "json"]],
    [float([-1, 4]), ["numbers", "json"]],
    [float([-1, -1, -1, 3]), ["picture", "json"]],
    [{ name: "x", dtype: "string" as const, shape: [-1] }, ["text", "file", "json"]],
    [{ name: "x", dtype: "complex64" as const, shape: [-1] }, ["json"]],
    [{ name: "x", dtype: "int64" as const }, ["numbers", "json"]],
  ])("follow from its type: %j", (spec, kinds) => {
    expect(editorsOf(spec)).toEqual(kinds);
  });
});

describe("the values of a picture", () => {
  // A red and a white pixel.
  const rgba = new Uint8ClampedArray([255, 0, 0, 255, 255, 255, 255, 255]);
  const layout = { height: 1, width: 2, hasOpenSize: false } as const;
  const rounded = (values: Float32Array) => scaledJson(values, "0 to 1", "float32");

  it("come pixel by pixel, or channel by channel", () => {
    expect(rounded(pictureValues(rgba, { ...layout, channels: 3, order: "pixels" }, false))).toEqual([..."100111"]);
    expect(rounded(pictureValues(rgba, { ...layout, channels: 3, order: "channels" }, false))).toEqual([..."110101"]);
  });

  it("are brightness in grey, and the other way round where inverted", () => {
    const grey = { ...layout, channels: 1, order: "pixels" } as const;
    expect(rounded(pictureValues(rgba, grey, false))).toEqual(["0.299", "1"]);
    expect(rounded(pictureValues(rgba, grey, true))).toEqual(["0.701", "0"]);
  });

  it("go from and to where the model has them", () => {
    const values = new Float32Array([0, 0.5, 1]);
    expect(scaledJson(values, "−1 to 1", "float32")).toEqual(["-1", "0", "1"]);
    expect(scaledJson(values, "0 to 255", "float32")).toEqual(["0", "127.5", "255"]);
    expect(scaledJson(values, "0 to 255", "uint8")).toEqual(["0", "128", "255"]);
  });
});

describe("a drawing", () => {
  const mass = ({ ink }: Sheet) => ink.reduce((sum, value) => sum + value, 0);

  it("has full ink along the stroke, less beside it, and none far off", () => {
    const { ink } = withStroke(blankSheet(28, 28), { x: 5, y: 14 }, { x: 23, y: 14 });
    expect(ink[13 * 28 + 14]).toBe(1);
    expect(ink[15 * 28 + 14]).toBeGreaterThan(0);
    expect(ink[15 * 28 + 14]).toBeLessThan(1);
    expect(ink[20 * 28 + 14]).toBe(0);
  });

  it("leaves the sheet before it as it was, and stays on its own", () => {
    const before = blankSheet(28, 28);
    const after = withStroke(before, { x: -5, y: -5 }, { x: 40, y: 40 });
    expect(mass(before)).toBe(0);
    expect(after.ink).toHaveLength(784);
  });

  it("is centred and scaled as digits of MNIST are", () => {
    const small = withStroke(blankSheet(28, 28), { x: 2, y: 2 }, { x: 2, y: 8 });
    const { ink } = fitted(small);
    const rows = Array.from({ length: 28 }, (_, y) => ink.slice(y * 28, y * 28 + 28).some((value) => value > 0.1));
    const height = rows.lastIndexOf(true) - rows.indexOf(true) + 1;
    expect(Math.abs(height - 20)).toBeLessThanOrEqual(2);
    expect(Math.abs(rows.indexOf(true) - (27 - rows.lastIndexOf(true)))).toBeLessThanOrEqual(1);
  });

  it("stays blank where it is", () => {
    expect(mass(fitted(blankSheet(28, 28)))).toBe(0);
  });
});
