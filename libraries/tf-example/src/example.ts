/**
 * One `tf.Example`: features by name. A `Map`, because names come from clients and may be `__proto__`.
 *
 * https://www.tensorflow.org/api_docs/python/tf/train/Example
 */
export type Example = ReadonlyMap<string, Feature>;

/** The values of a feature: a list of one of three kinds, or `none`, which is as good as missing but hides the context's feature. */
export type Feature =
  | { readonly kind: "bytes"; readonly values: readonly Uint8Array[] }
  | { readonly kind: "float"; readonly values: Float32Array }
  | { readonly kind: "int64"; readonly values: BigInt64Array }
  | { readonly kind: "none"; readonly values: readonly [] };

export type FeatureKind = Feature["kind"];

/** A feature without values. */
export const NO_FEATURE: Feature = { kind: "none", values: [] };
