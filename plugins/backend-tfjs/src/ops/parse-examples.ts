import { PlinthError } from "@plinth/core";
import type { ElementType, GraphNode, Shape } from "@plinth/saved-model";
import type { Tensor } from "@tensorflow/tfjs-core";
import { intOf, shapesOf, textsOf, typesOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { isTensor, type Value } from "../graph/values.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { type FeatureValue, featureTensor, type ParsedExample, parseExample, valuesOf } from "./example-features.js";
import { bytesAt, type Ops, tensorAt } from "./kernels.js";
import { checkSize } from "./shapes.js";
import { toText } from "./strings.js";

/** A feature that stands in every example, or has a default. */
interface DenseFeature {
  readonly name: string;
  readonly type: ElementType;
  /** Of one example; the first length is -1 where it is filled up to the longest. */
  readonly shape: readonly number[];
  readonly fallback: readonly FeatureValue[];
}

interface ListFeature {
  readonly name: string;
  readonly type: ElementType;
}

interface Features {
  readonly sparse: readonly ListFeature[];
  readonly dense: readonly DenseFeature[];
  readonly ragged: readonly ListFeature[];
}

/** How a node tells which features it wants: some of that comes as inputs. */
type Describe = (node: GraphNode, inputs: readonly Value[]) => Features;

const describe: Describe = (node, inputs) => {
  const [sparse, ragged] = [namesAt(inputs, 2), namesAt(inputs, 4)];
  return featuresOf(node, { sparse, dense: namesAt(inputs, 3), ragged, defaults: inputs.slice(5) });
};

/** The first version has an input for each name, and no ragged features. */
const describeFirst: Describe = (node, inputs) => {
  const [sparseCount, denseCount] = [intOf(node, "Nsparse"), intOf(node, "Ndense")];
  const nameAt = (index: number) => namesAt(inputs, index)[0] ?? "";
  const sparse = Array.from({ length: sparseCount }, (_, index) => nameAt(2 + index));
  const dense = Array.from({ length: denseCount }, (_, index) => nameAt(2 + sparseCount + index));
  return featuresOf(node, { sparse, dense, ragged: [], defaults: inputs.slice(2 + sparseCount + denseCount) });
};

const describeSingle: Describe = (node, inputs) =>
  featuresOf(node, {
    sparse: textsOf(node, "sparse_keys"),
    dense: textsOf(node, "dense_keys"),
    ragged: [],
    defaults: inputs.slice(1),
  });

interface Named {
  readonly sparse: readonly string[];
  readonly dense: readonly string[];
  readonly ragged: readonly string[];
  readonly defaults: readonly Value[];
}

function featuresOf(node: GraphNode, { sparse, dense, ragged, defaults }: Named): Features {
  const [sparseTypes, raggedTypes] = [typesOf(node, "sparse_types"), typesOf(node, "ragged_value_types")];
  const [denseTypes, shapes] = [typesOf(node, "Tdense"), shapesOf(node, "dense_shapes")];
  return {
    sparse: sparse.map((name, index) => ({ name, type: sparseTypes[index] ?? "string" })),
    ragged: ragged.map((name, index) => ({ name, type: raggedTypes[index] ?? "string" })),
    dense: dense.map((name, index) => ({
      name,
      type: denseTypes[index] ?? "string",
      shape: known(shapes[index]),
      fallback: elementsOf(defaults[index]),
    })),
  };
}

function known(shape: Shape): readonly number[] {
  return shape ?? [];
}

function elementsOf(value: Value | undefined): readonly FeatureValue[] {
  return isTensor(value) ? Array.from(readValues(value) as readonly FeatureValue[]) : [];
}

function namesAt(inputs: readonly Value[], index: number): readonly string[] {
  return bytesAt(inputs, index).map(toText);
}

const parse =
  (describeFeatures: Describe): CompileOp =>
  (node) =>
  (inputs) => {
    const features = describeFeatures(node, inputs);
    const examples = bytesAt(inputs, 0).map(parseExample);
    const isSingle = tensorAt(inputs, 0).rank === 0;
    const sparse = features.sparse.map((feature) => sparseTensors(feature, examples, isSingle));
    return [
      ...[0, 1, 2].flatMap((part) => sparse.map((tensors) => tensors[part] as Tensor)),
      ...features.dense.map((feature) => denseTensor(feature, examples, isSingle)),
      ...features.ragged.map(({ name, type }) => {
        const values = examples.flatMap((example) => valuesOf(example, name, type) ?? []);
        return featureTensor(values, [values.length], type);
      }),
      ...features.ragged.map((feature) => rowSplits(feature, examples)),
    ];
  };

function denseTensor(feature: DenseFeature, examples: readonly ParsedExample[], isSingle: boolean): Tensor {
  const { type, shape, fallback } = feature;
  const isPadded = shape[0] === -1;
  const rows = examples.map((example, index) => rowOf(feature, example, index));
  const inner = shape.slice(isPadded ? 1 : 0).reduce((product, length) => product * length, 1);
  const longest = isPadded ? Math.max(0, ...rows.map((row) => row.length / inner)) : 1;
  const width = checkSize([examples.length, longest, inner])[1] as number;
  const filler = fallback[0] ?? (type === "string" ? new Uint8Array() : 0);
  const values = rows.flatMap((row) =>
    row.length === width * inner ? row : [...row, ...new Array<FeatureValue>(width * inner - row.length).fill(filler)],
  );
  const rowShape = isPadded ? [width, ...shape.slice(1)] : shape;
  return featureTensor(values, isSingle ? rowShape : [examples.length, ...rowShape], type);
}

function rowOf(
  { name, type, shape, fallback }: DenseFeature,
  example: ParsedExample,
  index: number,
): readonly FeatureValue[] {
  const values = valuesOf(example, name, type);
  if (shape[0] === -1) {
    const inner = shape.slice(1).reduce((product, length) => product * length, 1);
    if (values === undefined || values.length % inner === 0) return values ?? [];
    throw new PlinthError(
      "TENSOR_INVALID",
      `Feature ${JSON.stringify(name)} of example ${index} has ${values.length} values: expected a multiple of ${inner}`,
    );
  }
  const count = shape.reduce((product, length) => product * length, 1);
  if (values === undefined || values.length === 0) {
    if (count === 0) return [];
    if (fallback.length > 0)
      return fallback.length === count ? fallback : new Array<FeatureValue>(count).fill(fallback[0] as FeatureValue);
    throw new PlinthError(
      "TENSOR_INVALID",
      `Feature ${JSON.stringify(name)} (${type}) is required but could not be found in example ${index}`,
      { details: { feature: name } },
    );
  }
  if (values.length === count) return values;
  throw new PlinthError(
    "TENSOR_INVALID",
    `Feature ${JSON.stringify(name)} of example ${index} is expected to have ${count} values, got ${values.length}`,
    { details: { feature: name } },
  );
}

/** Places, values and shape. */
function sparseTensors({ name, type }: ListFeature, examples: readonly ParsedExample[], isSingle: boolean): Tensor[] {
  const rows = examples.map((example) => valuesOf(example, name, type) ?? []);
  const values = rows.flat();
  const longest = Math.max(0, ...rows.map((row) => row.length));
  const places = rows.flatMap((row, index) => row.flatMap((_, at) => (isSingle ? [at] : [index, at])));
  const shape = isSingle ? [longest] : [examples.length, longest];
  return [
    makeTensor(Int32Array.from(places), [values.length, shape.length], "int32"),
    featureTensor(values, [values.length], type),
    makeTensor(Int32Array.from(shape), [shape.length], "int32"),
  ];
}

function rowSplits({ name, type }: ListFeature, examples: readonly ParsedExample[]): Tensor {
  const splits = new Int32Array(examples.length + 1);
  for (const [index, example] of examples.entries()) {
    splits[index + 1] = (splits[index] as number) + (valuesOf(example, name, type)?.length ?? 0);
  }
  return makeTensor(splits, [splits.length], "int32");
}

/** Ops that read serialized examples, as models with classify and regress signatures begin. */
export const PARSE_EXAMPLES: Ops = {
  ParseExample: parse(describeFirst),
  ParseExampleV2: parse(describe),
  ParseSingleExample: parse(describeSingle),
};
