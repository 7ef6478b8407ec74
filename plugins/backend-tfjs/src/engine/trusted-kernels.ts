import type { TensorInfo } from "@tensorflow/tfjs-core";

/** What elements a kernel may be given: `numbers` are float32 and int32. */
type Trust = "all" | "any" | "float32" | "numbers" | "bool" | "none";

/**
 * For what elements a kernel of TensorFlow.js's WASM backend 4.22 gives what its CPU kernel gives, found by running both. Elsewhere it reads
 * the bytes of one type as those of another, or beyond the tensor, without an error. What is not listed takes float32 only.
 */
const TRUST: Readonly<Record<string, Trust>> = {
  Identity: "all",
  Reshape: "all",
  ExpandDims: "all",
  Transpose: "any",
  Slice: "any",
  Concat: "any",
  Pack: "any",
  Unpack: "any",
  SplitV: "any",
  Tile: "any",
  PadV2: "any",
  GatherV2: "any",
  Fill: "any",
  ZerosLike: "any",
  OnesLike: "any",
  Equal: "any",
  NotEqual: "any",
  Greater: "any",
  GreaterEqual: "any",
  Less: "any",
  LessEqual: "any",
  Select: "numbers",
  Add: "numbers",
  Sub: "numbers",
  Multiply: "numbers",
  Maximum: "numbers",
  Minimum: "numbers",
  SquaredDifference: "numbers",
  Abs: "numbers",
  Neg: "numbers",
  Square: "numbers",
  Max: "numbers",
  Min: "numbers",
  Sum: "numbers",
  Prod: "numbers",
  Cumsum: "numbers",
  Reverse: "numbers",
  MirrorPad: "numbers",
  ArgMax: "numbers",
  ArgMin: "numbers",
  Range: "numbers",
  LogicalAnd: "bool",
  LogicalOr: "bool",
  LogicalNot: "bool",
  LogicalXor: "bool",
  All: "bool",
  Any: "bool",
  BitwiseAnd: "none",
  FloorDiv: "none",
  // It gives other numbers.
  Conv3DBackpropInputV2: "none",
  // These look at no index before they use it.
  Bincount: "none",
  CropAndResize: "none",
  DenseBincount: "none",
  GatherNd: "none",
  OneHot: "none",
  ScatterNd: "none",
  SparseFillEmptyRows: "none",
  SparseReshape: "none",
  SparseSegmentMean: "none",
  SparseSegmentSum: "none",
  SparseToDense: "none",
  TensorScatterUpdate: "none",
};

/** Inputs whose elements are always integers or booleans, besides those that are computed with. */
const INDEX_INPUTS: ReadonlySet<string> = new Set(["indices", "condition", "boxInd"]);

/** Whether the WASM kernel of this name may be given these inputs and attributes. */
export function isTrusted(
  kernel: string,
  inputs: Readonly<Record<string, TensorInfo | undefined>>,
  attributes: Readonly<Record<string, unknown>> = {},
): boolean {
  if (kernel === "Cast") return isCastTrusted(inputs.x?.dtype, attributes.dtype);
  // It gives zeros for all batches but the first.
  if (kernel === "GatherV2" && attributes.batchDims !== 0) return false;
  const trust: Trust | undefined = Object.hasOwn(TRUST, kernel) ? TRUST[kernel] : "float32";
  for (const name in inputs) {
    const input = inputs[name];
    if (input === undefined || INDEX_INPUTS.has(name)) continue;
    if (!takes(trust, input.dtype) || (trust !== "all" && input.shape.includes(0))) return false;
  }
  return trust !== "none";
}

function takes(trust: Trust | undefined, dtype: string): boolean {
  switch (trust) {
    case "all":
      return true;
    case "any":
      return dtype === "float32" || dtype === "int32" || dtype === "bool";
    case "numbers":
      return dtype === "float32" || dtype === "int32";
    case "bool":
      return dtype === "bool";
    case "float32":
      return dtype === "float32";
    default:
      return false;
  }
}

function isCastTrusted(from: string | undefined, to: unknown): boolean {
  if (from === to) return from !== "string" && from !== "complex64";
  return (from === "float32" || from === "int32" || from === "bool") && (to === "float32" || to === "int32");
}
