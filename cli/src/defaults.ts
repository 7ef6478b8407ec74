/** The sections that are used where the configuration has none; `plinth check --print` shows them. */
export const DEFAULT_SECTIONS: {
  readonly backends: readonly object[];
  readonly protocols: readonly object[];
  readonly monitors: readonly object[];
  readonly management: object;
  readonly console: object;
  readonly "triton-repository": object;
} = {
  backends: [{ use: "onnx" }, { use: "tfjs" }],
  protocols: [{ use: "rest" }, { use: "grpc" }],
  // Bounded and in memory, so that errors can be looked at without a folder to write to; journal on the disk is `{ use: journal }`.
  monitors: [{ use: "journal", keep: "memory", maxBytes: 4_194_304 }],
  management: {},
  console: {},
  "triton-repository": {},
};
