import { elementTypeOf } from "../element-type.js";
import type { SavedSignature } from "../messages/meta-graph-message.js";
import type { TensorInfo } from "../messages/tensor-info-message.js";
import type { ExpansionBudget } from "../messages/tensor-message.js";
import type { SignatureInput, SignatureOutput } from "../saved-model.js";
import { SavedModelError } from "../saved-model-error.js";
import type { FlatGraph } from "./flat-graph.js";
import type { Feed, Flattened, Inliner } from "./inliner.js";

/** A signature whose graph is flat, with its variables still in it. */
export interface FlatSignature {
  readonly method: string;
  readonly inputs: readonly SignatureInput[];
  /** Their `tensor` is not theirs yet. */
  readonly outputs: readonly Omit<SignatureOutput, "tensor">[];
  readonly graph: FlatGraph;
}

/** @throws SavedModelError for what keeps this signature from being served */
export function flattenSignature(
  name: string,
  saved: SavedSignature,
  inliner: Inliner,
  budget: ExpansionBudget,
): FlatSignature {
  const inputs = sorted(saved.inputs).flatMap(([input, info]) => portsOf(name, input, info));
  const outputs = sorted(saved.outputs).flatMap(([output, info]) => portsOf(name, output, info));
  const flattened = inliner.flatten({
    feeds: inputs.map(feedOf),
    outputs: outputs.map(({ savedName }) => savedName),
    controlOutputs: [],
  });
  const defaults = new Map([...saved.defaults].map(([input, tensor]) => [input, tensor.read(budget)]));
  return signatureOf(saved.method, inputs, outputs, flattened, defaults);
}

export function signatureOf(
  method: string,
  inputs: readonly Omit<SignatureOutput, "tensor">[],
  outputs: readonly Omit<SignatureOutput, "tensor">[],
  flattened: Flattened,
  defaults: ReadonlyMap<string, NonNullable<SignatureInput["default"]>>,
): FlatSignature {
  const fed = inputs.map((input, index) => ({
    ...input,
    tensor: flattened.inputs[index] as string,
    default: defaults.get(input.name),
  }));
  return { method, inputs: fed, outputs, graph: flattened.graph };
}

export function feedOf({ savedName, dtype }: Omit<SignatureOutput, "tensor">): Feed {
  return { tensor: savedName, dtype };
}

/** One tensor, or those that a sparse or ragged one is: `name/values`, `name/row_splits`. */
function portsOf(
  signature: string,
  name: string,
  { tensor, dataType, shape, parts }: TensorInfo,
): readonly Omit<SignatureOutput, "tensor">[] {
  if (parts.length > 0) return parts.flatMap(([part, info]) => portsOf(signature, `${name}/${part}`, info));
  if (tensor === undefined) {
    throw new SavedModelError(
      "UNSUPPORTED",
      `${name} of signature ${signature} names no tensor; export the model with tensors in its signature`,
    );
  }
  return [{ name, dtype: elementTypeOf(dataType), shape, savedName: tensor }];
}

function sorted<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
