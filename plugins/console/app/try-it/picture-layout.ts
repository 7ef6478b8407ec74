import type { TensorSpec } from "../api/signatures.js";

/** How an input holds one picture. */
export interface PictureLayout {
  /** Where the shape leaves it open, a usual one, which may be changed; as the width. */
  readonly height: number;
  readonly width: number;
  /** Absent where all of the picture lies in one row. */
  readonly axes?: { readonly height: number; readonly width: number };
  readonly hasOpenSize: boolean;
  /** 1: shades of grey; 3: red, green, blue; 4: opacity as well. */
  readonly channels: 1 | 3 | 4;
  /** Which comes first, all channels of a pixel or all pixels of a channel. */
  readonly order: "pixels" | "channels";
}

type Shape = readonly number[];

/** What models of pictures are mostly trained on. */
const USUAL_SIZE = 224;

/** Smaller ones are taken for numbers. */
const LEAST_SIDE = 8;
const LEAST_FLAT_SIDE = 16;

/** Whether and how an input of this shape may hold a picture, with or without an axis of a batch before it. */
export function pictureLayout({ dtype, shape }: Pick<TensorSpec, "dtype" | "shape">): PictureLayout | undefined {
  if (shape === undefined || dtype === "string" || dtype === "bool" || dtype.startsWith("complex")) return undefined;
  const hasBatch = shape[0] === -1 || shape[0] === 1;
  switch (shape.length) {
    case 1:
      return flatLayout(shape[0] ?? 0);
    case 2:
      return hasBatch ? flatLayout(shape[1] ?? 0) : greyLayout(shape, 0);
    case 3:
      return colouredLayout(shape, 0) ?? (hasBatch ? greyLayout(shape, 1) : undefined);
    case 4:
      return hasBatch ? colouredLayout(shape, 1) : undefined;
    default:
      return undefined;
  }
}

/** The shape of one picture of this size: the axes that are open beside its own are of one element. */
export function sizedShape(shape: Shape, { height, width, axes }: PictureLayout): Shape {
  return shape.map((length, axis) => {
    if (length !== -1) return length;
    return axis === axes?.height ? height : axis === axes?.width ? width : 1;
  });
}

/** Height and width from an axis on. Open ones are rather a text or a series. */
function greyLayout(shape: Shape, axis: number): PictureLayout | undefined {
  return shape.slice(axis).includes(-1) ? undefined : layoutOf(shape, axis, 1, "pixels");
}

function colouredLayout(shape: Shape, axis: number): PictureLayout | undefined {
  const [first = 0, last = 0] = [shape[axis], shape.at(-1)];
  if (isChannels(last)) return layoutOf(shape, axis, last, "pixels");
  return isChannels(first) ? layoutOf(shape, axis + 1, first, "channels") : undefined;
}

function layoutOf(
  shape: Shape,
  heightAxis: number,
  channels: PictureLayout["channels"],
  order: PictureLayout["order"],
): PictureLayout | undefined {
  const axes = { height: heightAxis, width: heightAxis + 1 };
  const [height = 0, width = 0] = [shape[axes.height], shape[axes.width]];
  const isSide = (length: number) => length === -1 || length >= LEAST_SIDE;
  if (!isSide(height) || !isSide(width)) return undefined;
  const sideOf = (length: number) => (length === -1 ? USUAL_SIZE : length);
  const hasOpenSize = height === -1 || width === -1;
  return { height: sideOf(height), width: sideOf(width), axes, hasOpenSize, channels, order };
}

/** A square in one row, in grey or in colours. */
function flatLayout(length: number): PictureLayout | undefined {
  for (const channels of [1, 3] as const) {
    const side = Math.sqrt(length / channels);
    if (Number.isInteger(side) && side >= LEAST_FLAT_SIDE) {
      return { height: side, width: side, hasOpenSize: false, channels, order: "pixels" };
    }
  }
  return undefined;
}

function isChannels(length: number): length is PictureLayout["channels"] {
  return length === 1 || length === 3 || length === 4;
}
