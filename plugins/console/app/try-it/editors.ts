import type { TensorSpec } from "../api/signatures.js";
import { pictureLayout } from "./picture-layout.js";

/** The ways to give an input. */
export type EditorKind = "drawing" | "picture" | "numbers" | "text" | "file" | "json";

export const EDITOR_NAMES: Readonly<Record<EditorKind, string>> = {
  drawing: "Draw",
  picture: "Picture",
  numbers: "Numbers",
  text: "Text",
  file: "File",
  json: "JSON",
};

/** Largest side of a sheet that one draws on by single pixels. */
const MAX_SHEET = 64;

/** Flat lengths of the pictures that most have: MNIST's, CIFAR's and ImageNet's. Others are as likely rows of numbers. */
const FLAT_PICTURES = [28 * 28, 32 * 32 * 3, 224 * 224 * 3];

/** How an input of this kind can be given, the likeliest first. */
export function editorsOf(spec: TensorSpec): readonly EditorKind[] {
  const { dtype, shape } = spec;
  if (dtype.startsWith("complex") || openDimensions(shape) > 2) return pictureEditors(spec).concat("json");
  if (dtype === "string") return ["text", "file", "json"];
  const pictures = pictureEditors(spec);
  const isLikely = shape !== undefined && (shape.length > 2 || FLAT_PICTURES.includes(shape.at(-1) ?? 0));
  return isLikely ? [...pictures, "numbers", "json"] : ["numbers", ...pictures, "json"];
}

function pictureEditors(spec: TensorSpec): EditorKind[] {
  const layout = pictureLayout(spec);
  if (layout === undefined) return [];
  const isDrawable = layout.channels === 1 && !layout.hasOpenSize && Math.max(layout.width, layout.height) <= MAX_SHEET;
  return isDrawable ? ["drawing", "picture"] : ["picture"];
}

function openDimensions(shape: readonly number[] | undefined): number {
  return shape?.filter((length) => length === -1).length ?? 0;
}
