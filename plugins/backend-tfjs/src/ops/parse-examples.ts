import type { GraphNode, Shape } from "@plinth/saved-model";
import type { Tensor } from "@tensorflow/tfjs-core";
import { intOf, shapesOf, textsOf, typesOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import { isTensor, type Value } from "../graph/values.js";
import { readValues } from "../tensors/from-engine.js";
import { type FeatureValue, parseExample } from "./example-features.js";
import { type DenseFeature, denseTensor, type ListFeature, raggedTensors, sparseTensors } from "./feature-tensors.js";
import { bytesAt, type Ops, tensorAt } from "./kernels.js";
import { toText } from "./strings.js";

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

export function known(shape: Shape): readonly number[] {
  return shape ?? [];
}

export function elementsOf(value: Value | undefined): readonly FeatureValue[] {
  return isTensor(value) ? Array.from(readValues(value) as readonly FeatureValue[]) : [];
}

export function namesAt(inputs: readonly Value[], index: number): readonly string[] {
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
    const ragged = features.ragged.map((feature) => raggedTensors(feature, examples));
    return [
      ...[0, 1, 2].flatMap((part) => sparse.map((tensors) => tensors[part] as Tensor)),
      ...features.dense.map((feature) => denseTensor(feature, examples, isSingle)),
      ...[0, 1].flatMap((part) => ragged.map((tensors) => tensors[part] as Tensor)),
    ];
  };

/** Ops that read serialized examples, as models with classify and regress signatures begin. */
export const PARSE_EXAMPLES: Ops = {
  ParseExample: parse(describeFirst),
  ParseExampleV2: parse(describe),
  ParseSingleExample: parse(describeSingle),
};
