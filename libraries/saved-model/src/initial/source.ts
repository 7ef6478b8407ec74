import type { ConstantTensor } from "../constant-tensor.js";
import type { FlatGraph } from "../freeze/flat-graph.js";

/** Where a value is to be had from. */
export type Source =
  | { readonly kind: "constant"; readonly tensor: ConstantTensor }
  | { readonly kind: "checkpoint"; readonly variable: string; readonly shapeAndSlice: string }
  /** Output of a graph, which may read other variables. */
  | { readonly kind: "computed"; readonly graph: FlatGraph; readonly tensor: string }
  /** Something gives it a value in a way that is not understood; `node` is what does so. */
  | { readonly kind: "unknown"; readonly node: string };

/** Where the entries of a table are to be had from. */
export type EntriesSource =
  | { readonly kind: "tensors"; readonly keys: Source; readonly values: Source }
  | { readonly kind: "text file"; readonly path: Source; readonly layout: TextFileLayout }
  | { readonly kind: "unknown"; readonly node: string };

/** How a text file is read into a table, as `InitializeTableFromTextFileV2` says. */
export interface TextFileLayout {
  /** Number of a column, -1 for the number of the line from 0, -2 for the whole line. */
  readonly keyIndex: number;
  readonly valueIndex: number;
  /** Lines that are read; all of them for -1. */
  readonly size: number;
  /** Lines before the first that is read. */
  readonly offset: number;
  readonly delimiter: string;
}
