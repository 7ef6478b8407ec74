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
  monitors: [],
  management: {},
  console: {},
  "triton-repository": {},
};
