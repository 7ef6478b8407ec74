/** TensorFlow's `CLASSIFY_METHOD_NAME`. */
export const CLASSIFY_METHOD = "tensorflow/serving/classify";

/** TensorFlow's `REGRESS_METHOD_NAME`. */
export const REGRESS_METHOD = "tensorflow/serving/regress";

/** The methods that take examples. */
export type ExampleMethod = typeof CLASSIFY_METHOD | typeof REGRESS_METHOD;

export function isExampleMethod(method: string): method is ExampleMethod {
  return method === CLASSIFY_METHOD || method === REGRESS_METHOD;
}
