/** What computes: TensorFlow's own library, WebAssembly with SIMD, or plain JavaScript. */
export type EngineName = "native" | "wasm" | "cpu";

/** The one engine of this thread; TensorFlow.js has no second. */
export interface Engine {
  readonly name: EngineName;
  /** Why those that would have come first do not work here, in words. Empty where it was asked for. */
  readonly passedOver: readonly string[];
}

/** What people are told of the engine that a model runs on. */
export function engineDetails({ name, passedOver }: Engine): readonly (readonly [string, string])[] {
  return [
    ["engine", name],
    ...(passedOver.length > 0 ? [["engines passed over", passedOver.join("; ")] as const] : []),
  ];
}
