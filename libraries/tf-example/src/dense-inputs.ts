import {
  createTensor,
  formatShape,
  type NamedTensors,
  PlinthError,
  quotedNames,
  type Signature,
  type Tensor,
  type TensorSpec,
} from "@plinth/core";
import { type DenseFeature, type DenseKind, denseData, denseKind } from "./dense-data.js";
import type { Example } from "./example.js";

/**
 * Parses examples for a signature whose graph does not: each input is the feature of its name, which every example must have; other
 * features are passed over. All inputs get the number of examples as their first axis, and a feature's values in row-major order
 * fill the axes behind it, of which one may be of unknown length. An input of unknown rank gets the axes of examples and of values. One that
 * has a default is left out where no example has its feature.
 *
 * @param examples at least one
 * @throws PlinthError `INPUT_MISSING`; `INPUT_DTYPE_MISMATCH` for a feature of another kind; `INPUT_SHAPE_MISMATCH` for one of another
 * length; `TENSOR_INVALID` for an integer out of the input's range; `NOT_IMPLEMENTED` for inputs of dtypes that no feature holds. All
 * name the example by its index.
 */
export function denseInputs(signature: Signature, examples: readonly Example[]): NamedTensors {
  const { inputs, shapes } = signature;
  const tensors = new Map<string, Tensor>();
  const brings = (name: string) => examples.some((example) => hasValue(example, name));
  for (const [name, spec] of inputs) {
    if (spec.default !== undefined && !brings(name)) continue;
    tensors.set(name, denseInput({ name, spec, isBinding: shapes === "binding" }, examples));
  }
  return tensors;
}

interface DenseInput {
  readonly name: string;
  readonly spec: TensorSpec;
  /** Whether the signature's shape is more than documentation. */
  readonly isBinding: boolean;
}

function denseInput(input: DenseInput, examples: readonly Example[]): Tensor {
  const { dtype } = input.spec;
  const kind = denseKind(dtype);
  if (kind === undefined) {
    throw new PlinthError(
      "NOT_IMPLEMENTED",
      `No tf.Example holds what ${described(input)} takes: send tensors, by predict`,
    );
  }
  const features = examples.map((example, index) => featureOf(example, input, kind, index));
  const length = features[0]?.values.length ?? 0;
  const other = features.findIndex(({ values }) => values.length !== length);
  if (other >= 0) throw wrongLength(input, features, other, `${length}, as example 0 has`);
  return createTensor(dtype, inputShape(input, features), denseData(dtype, features));
}

function hasValue(example: Example, name: string): boolean {
  const feature = example.get(name);
  return feature !== undefined && feature.kind !== "none";
}

function featureOf(example: Example, input: DenseInput, kind: DenseKind, index: number): DenseFeature {
  const { name } = input;
  const feature = example.get(name);
  if (feature === undefined || feature.kind === "none") {
    throw new PlinthError(
      "INPUT_MISSING",
      `Example ${index} has no value of the feature "${name}", which becomes ${described(input)}; ` +
        `it has the features ${quotedNames(example.keys())}`,
      { details: { input: name, example: index } },
    );
  }
  if (feature.kind === kind) return feature;
  const isWhole = kind === "float" && feature.kind === "int64";
  throw new PlinthError(
    "INPUT_DTYPE_MISMATCH",
    `Example ${index} has ${feature.kind} values of the feature "${name}"; expected ${kind} values, for ${described(input)}` +
      (isWhole ? ". In JSON, whole numbers of a float feature need a point, as 8.0" : ""),
    { details: { input: name, example: index } },
  );
}

/** @param features all of the same length */
function inputShape(input: DenseInput, features: readonly DenseFeature[]): readonly number[] {
  const { shape } = input.spec;
  const count = features.length;
  const length = features[0]?.values.length ?? 0;
  if (shape === undefined) return [count, length];
  if (shape.length === 0) {
    if (length !== 1) throw wrongLength(input, features, 0, "1");
    if (!input.isBinding) return [count];
    if (count === 1) return [];
    throw misshapen(input, `Expected one example, got ${count}: ${described(input)} has no axis for them`);
  }
  const row = shape.slice(1);
  const unknown = row.filter((dimension) => dimension < 0).length;
  const known = row.reduce((product, dimension) => (dimension < 0 ? product : product * dimension), 1);
  if (unknown > 1) {
    const problem = `A list of values does not tell the ${unknown} unknown dimensions of ${described(input)}`;
    throw misshapen(input, `${problem}: send tensors, by predict`);
  }
  if (unknown === 0 && length !== known) throw wrongLength(input, features, 0, String(known));
  if (unknown === 1 && length % known !== 0) throw wrongLength(input, features, 0, `a multiple of ${known}`);
  return [count, ...row.map((dimension) => (dimension < 0 ? length / known : dimension))];
}

function wrongLength(
  input: DenseInput,
  features: readonly DenseFeature[],
  index: number,
  expected: string,
): PlinthError {
  const length = features[index]?.values.length;
  return misshapen(
    input,
    `Example ${index} has values of the feature "${input.name}": ${length}; expected ${expected}, for ${described(input)}`,
  );
}

function misshapen({ name }: DenseInput, message: string): PlinthError {
  return new PlinthError("INPUT_SHAPE_MISMATCH", message, { details: { input: name } });
}

function described({ name, spec }: DenseInput): string {
  return `the input "${name}" (${spec.dtype} ${formatShape(spec.shape)})`;
}
