import { DEFAULT_SIGNATURE, type DType, PlinthError, type Signature, type TensorSpec } from "@plinth/core";
import type {
  ElementType,
  GraphNode,
  ModelSignature,
  SavedModel,
  SignatureInput,
  SignatureOutput,
} from "@plinth/saved-model";
import { typeOf } from "../graph/attributes.js";
import { constantToTensor } from "../tensors/constant-to-tensor.js";
import { servableDType } from "../tensors/element-types.js";

/** What TensorFlow 1's Hub modules call the signature that is meant where none is named. */
const HUB_DEFAULT = "default";

/** Ops that change a variable or table for later runs. */
const CHANGES = /^(?:Assign|Scatter(?:Nd)?(?:Add|Sub|Update)|ResourceScatter|LookupTable(?:Insert|Remove|Import))/;

/**
 * The ways to call a model: its signatures, and where it has none, as Hub modules of TensorFlow 2, its functions. Where none of them is
 * called `serving_default`, the one that a Hub module means is.
 */
export function callableSignatures({ signatures, callables }: SavedModel): ReadonlyMap<string, ModelSignature> {
  if (signatures.size > 0) {
    const hubDefault = signatures.get(HUB_DEFAULT);
    if (signatures.has(DEFAULT_SIGNATURE) || hubDefault === undefined) return signatures;
    return new Map([[DEFAULT_SIGNATURE, hubDefault], ...signatures]);
  }
  const found = new Map<string, ModelSignature>();
  for (const { name, signature } of callables) {
    const called = name === "__call__" ? DEFAULT_SIGNATURE : name;
    if (!found.has(called)) found.set(called, signature);
  }
  return found;
}

/** @throws PlinthError `MODEL_UNSUPPORTED` for inputs and outputs that cannot be taken or given */
export function signatureOf({ nodes, inputs, outputs, method, ops }: ModelSignature): Signature {
  return {
    inputs: new Map(inputs.map((input) => [input.name, inputSpec(input, nodes)])),
    outputs: new Map(outputs.map((output) => [output.name, specOf(output, "output")])),
    method,
    shapes: "advisory",
    ...([...ops.keys()].some((op) => CHANGES.test(op)) && { changesState: true }),
  };
}

function inputSpec(input: SignatureInput, nodes: readonly GraphNode[]): TensorSpec {
  const fallback = input.default === undefined ? undefined : constantToTensor(input.default);
  return {
    ...specOf({ ...input, dtype: fedType(input, nodes) }, "input"),
    ...(fallback !== undefined && { default: fallback }),
  };
}

/** A regress signature may say that it takes numbers, and feed serialized examples: what counts is the placeholder. */
function fedType({ tensor, dtype }: SignatureInput, nodes: readonly GraphNode[]): ElementType {
  const placeholder = nodes.find(({ name }) => `${name}:0` === tensor);
  return placeholder === undefined ? dtype : typeOf(placeholder, "dtype", dtype);
}

function specOf({ name, dtype, shape, savedName }: SignatureOutput, direction: "input" | "output"): TensorSpec {
  return { dtype: servable(name, dtype, direction), shape, graphName: savedName };
}

function servable(name: string, type: string, direction: string): DType {
  const dtype = servableDType(type);
  if (dtype !== undefined) return dtype;
  throw new PlinthError(
    "MODEL_UNSUPPORTED",
    `The ${direction} ${JSON.stringify(name)} is of ${type}, which TensorFlow.js does not take or give`,
  );
}
