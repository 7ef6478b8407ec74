/** What keeps a hostile or broken model from taking all memory or time. Real models stay far below. */
export interface Limits {
  /** Size of `saved_model.pb`; protobuf itself ends at 2 GiB. */
  readonly maxGraphBytes: number;
  /** Nodes of all signatures together, once functions stand in the place of their calls. */
  readonly maxNodes: number;
  /** Size of all variables that the signatures need. */
  readonly maxVariableBytes: number;
  /** Memory for constants that are written shorter than they are, as one value for a whole tensor. */
  readonly maxExpandedBytes: number;
  /** Size of one text file of a lookup table. */
  readonly maxAssetBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxGraphBytes: 2 ** 31,
  maxNodes: 500_000,
  maxVariableBytes: 2 ** 36,
  maxExpandedBytes: 2 ** 28,
  maxAssetBytes: 2 ** 30,
};
