import { SequenceExample } from "@plinth/protobuf-messages/tensorflow/example";
import type { GraphNode } from "@plinth/saved-model";
import type { Tensor } from "@tensorflow/tfjs-core";
import { intOf, shapesOf, textsOf, typesOf } from "../graph/attributes.js";
import type { CompileOp } from "../graph/compile-program.js";
import type { Value } from "../graph/values.js";
import { decoded, parsedFeatures } from "./example-features.js";
import { type DenseFeature, denseTensor, type ListFeature, raggedTensors, sparseTensors } from "./feature-tensors.js";
import { bytesAt, integersAt, type Ops, tensorAt } from "./kernels.js";
import { elementsOf, known, namesAt } from "./parse-examples.js";
import {
  type DenseSteps,
  denseSteps,
  type ParsedSequence,
  parsedLists,
  raggedSteps,
  sparseSteps,
} from "./sequence-steps.js";

/** Which features a node wants, of the example as a whole and of each of its steps. */
interface SequenceFeatures {
  readonly sparse: readonly ListFeature[];
  readonly dense: readonly DenseFeature[];
  readonly ragged: readonly ListFeature[];
  readonly sparseSteps: readonly ListFeature[];
  readonly denseSteps: readonly DenseSteps[];
  readonly raggedSteps: readonly ListFeature[];
}

/** Names as the versions of the op have them: as inputs, or as attributes. */
interface SequenceNames {
  readonly sparse: readonly string[];
  readonly dense: readonly string[];
  readonly ragged: readonly string[];
  readonly sparseSteps: readonly string[];
  readonly denseSteps: readonly string[];
  readonly raggedSteps: readonly string[];
  /** Whether a list of steps may be left out, by name. */
  readonly mayBeMissing: (name: string, index: number) => boolean;
  readonly defaults: readonly Value[];
}

type Describe = (node: GraphNode, inputs: readonly Value[]) => SequenceNames;

const describe: Describe = (_node, inputs) => {
  const assumed = integersAt(inputs, 8);
  return {
    sparse: namesAt(inputs, 2),
    dense: namesAt(inputs, 3),
    ragged: namesAt(inputs, 4),
    sparseSteps: namesAt(inputs, 5),
    denseSteps: namesAt(inputs, 6),
    raggedSteps: namesAt(inputs, 7),
    mayBeMissing: (_name, index) => assumed[index] !== 0 && assumed[index] !== undefined,
    defaults: inputs.slice(9),
  };
};

const describeFirst: Describe = (node, inputs) => {
  const assumed = textsOf(node, "feature_list_dense_missing_assumed_empty");
  return {
    sparse: textsOf(node, "context_sparse_keys"),
    dense: textsOf(node, "context_dense_keys"),
    ragged: [],
    sparseSteps: textsOf(node, "feature_list_sparse_keys"),
    denseSteps: textsOf(node, "feature_list_dense_keys"),
    raggedSteps: [],
    mayBeMissing: (name) => assumed.includes(name),
    defaults: inputs.slice(2),
  };
};

/** Each name is an input of its own. */
const describeSingle: Describe = (node, inputs) => {
  let at = 2;
  const take = (attribute: string) =>
    Array.from({ length: intOf(node, attribute, 0) }, () => namesAt(inputs, at++)[0] ?? "");
  const assumed = namesAt(inputs, 1);
  const names = {
    sparse: take("Ncontext_sparse"),
    dense: take("Ncontext_dense"),
    sparseSteps: take("Nfeature_list_sparse"),
    denseSteps: take("Nfeature_list_dense"),
  };
  const mayBeMissing = (name: string) => assumed.includes(name);
  return { ...names, ragged: [], raggedSteps: [], mayBeMissing, defaults: inputs.slice(at, at + names.dense.length) };
};

function featuresOf(node: GraphNode, names: SequenceNames): SequenceFeatures {
  const listed = (wanted: readonly string[], types: string): ListFeature[] => {
    const all = typesOf(node, types);
    return wanted.map((name, index) => ({ name, type: all[index] ?? "string" }));
  };
  const [shapes, stepShapes] = [shapesOf(node, "context_dense_shapes"), shapesOf(node, "feature_list_dense_shapes")];
  return {
    sparse: listed(names.sparse, "context_sparse_types"),
    ragged: listed(names.ragged, "context_ragged_value_types"),
    sparseSteps: listed(names.sparseSteps, "feature_list_sparse_types"),
    raggedSteps: listed(names.raggedSteps, "feature_list_ragged_value_types"),
    dense: listed(names.dense, "Tcontext_dense").map((feature, index) => ({
      ...feature,
      shape: known(shapes[index]),
      fallback: elementsOf(names.defaults[index]),
    })),
    denseSteps: listed(names.denseSteps, "feature_list_dense_types").map((feature, index) => ({
      ...feature,
      shape: known(stepShapes[index]),
      mayBeMissing: names.mayBeMissing(feature.name, index),
    })),
  };
}

/** The tensors of each kind of part in turns, as TensorFlow's outputs stand. */
function byPart(parts: number, tensors: readonly (readonly Tensor[])[]): Tensor[] {
  return Array.from({ length: parts }, (_, part) => tensors.map((each) => each[part] as Tensor)).flat();
}

const parse =
  (describeNames: Describe): CompileOp =>
  (node) =>
  (inputs) => {
    const features = featuresOf(node, describeNames(node, inputs));
    const isSingle = tensorAt(inputs, 0).rank === 0;
    const messages = bytesAt(inputs, 0).map((bytes, index) =>
      decoded(SequenceExample, bytes, index, "tf.SequenceExample"),
    );
    const contexts = messages.map(({ context }) => parsedFeatures(context));
    const sequences: readonly ParsedSequence[] = messages.map(({ featureLists }) => parsedLists(featureLists));
    const lengths = node.op === "ParseSingleSequenceExample" ? 1 : 2;
    return [
      ...byPart(
        3,
        features.sparse.map((feature) => sparseTensors(feature, contexts, isSingle)),
      ),
      ...features.dense.map((feature) => denseTensor(feature, contexts, isSingle)),
      ...byPart(
        2,
        features.ragged.map((feature) => raggedTensors(feature, contexts)),
      ),
      ...byPart(
        3,
        features.sparseSteps.map((feature) => sparseSteps(feature, sequences, isSingle)),
      ),
      ...byPart(
        lengths,
        features.denseSteps.map((feature) => denseSteps(feature, sequences, isSingle)),
      ),
      ...byPart(
        3,
        features.raggedSteps.map((feature) => raggedSteps(feature, sequences)),
      ),
    ];
  };

/** Ops that read serialized examples of several steps. */
export const PARSE_SEQUENCES: Ops = {
  ParseSequenceExample: parse(describeFirst),
  ParseSequenceExampleV2: parse(describe),
  ParseSingleSequenceExample: parse(describeSingle),
};
