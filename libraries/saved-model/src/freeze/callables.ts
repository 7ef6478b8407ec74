import { elementTypeOf } from "../element-type.js";
import type { ConcreteFunction, ObjectGraph, SavedObject } from "../messages/object-graph-message.js";
import type { StructuredValue } from "../messages/structured-value.js";
import type { Callable, SignatureOutput } from "../saved-model.js";
import { SavedModelError } from "../saved-model-error.js";
import { type FlatSignature, feedOf, signatureOf } from "./flat-signature.js";
import type { CapturedValue, Inliner } from "./inliner.js";

const ROOT = 0;

/** A function of the root object, traced in one way. */
export interface CallableName {
  readonly name: string;
  readonly concreteFunction: string;
  readonly argumentNames: readonly string[];
}

export interface FlatCallable extends Omit<Callable, "signature"> {
  readonly signature: FlatSignature;
}

/** Functions of the root object that are for callers: `__call__`, and all that have no underscore. */
export function listCallables({ objects }: ObjectGraph): readonly CallableName[] {
  return [...(objects[ROOT]?.children ?? [])].flatMap(([name, child]) => {
    const kind = objects[child]?.kind;
    if (kind?.is !== "function" || (name.startsWith("_") && name !== "__call__")) return [];
    return kind.concreteFunctions.map((concreteFunction) => ({
      name,
      concreteFunction,
      argumentNames: kind.argumentNames,
    }));
  });
}

/** What one object that a function captured is in the graph. */
export type CaptureOf = (object: SavedObject, index: number) => CapturedValue;

/** @throws SavedModelError for what keeps it from being called */
export function flattenCallable(
  { name, concreteFunction, argumentNames }: CallableName,
  { objects, concreteFunctions }: ObjectGraph,
  inliner: Inliner,
  captureOf: CaptureOf,
): FlatCallable {
  const traced = concreteFunctions.get(concreteFunction);
  if (traced === undefined) {
    throw new SavedModelError(
      "GRAPH_INVALID",
      `${name} has a function ${concreteFunction}, which the model does not describe`,
    );
  }
  const { inputs, fixed } = argumentsOf(traced, argumentNames, name);
  const captured = traced.boundInputs.map((index) => {
    const object = objects[index];
    if (object === undefined) {
      throw new SavedModelError(
        "GRAPH_INVALID",
        `${concreteFunction} captures object ${index}, which the model does not have`,
      );
    }
    return captureOf(object, index);
  });
  const flattened = inliner.flattenFunction(concreteFunction, inputs.map(feedOf), captured);
  const outputs = resultsOf(traced.outputs, name);
  if (outputs.length !== flattened.graph.outputs.length) {
    throw new SavedModelError(
      "GRAPH_INVALID",
      `Expected ${outputs.length} outputs of ${concreteFunction}, got ${flattened.graph.outputs.length}`,
    );
  }
  return {
    name,
    concreteFunction,
    fixedArguments: fixed,
    signature: signatureOf("", inputs, outputs, flattened, new Map()),
  };
}

/** Functions for training come last. */
export function byTraining(a: Pick<Callable, "fixedArguments">, b: Pick<Callable, "fixedArguments">): number {
  return Number(a.fixedArguments.get("training") === true) - Number(b.fixedArguments.get("training") === true);
}

type Tensor = Omit<SignatureOutput, "tensor">;

function argumentsOf(
  { inputs }: ConcreteFunction,
  argumentNames: readonly string[],
  callable: string,
): { inputs: readonly Tensor[]; fixed: Map<string, string | number | boolean | undefined> } {
  const tensors: Tensor[] = [];
  const fixed = new Map<string, string | number | boolean | undefined>();
  const [positional, named] = inputs.kind === "group" ? inputs.entries.map(([, value]) => value) : [];
  const all = [
    ...entriesOf(positional).map(
      ([index, value]) => [argumentNames[Number(index)] ?? `argument_${index}`, value] as const,
    ),
    ...entriesOf(named),
  ];
  for (const leaf of all.flatMap(([name, value]) => leavesOf(name, value))) {
    if (leaf.value.kind === "plain") fixed.set(leaf.path, leaf.value.value);
    else tensors.push(tensorOf(leaf, callable, new Set(tensors.map(({ name }) => name))));
  }
  return { inputs: tensors, fixed };
}

function resultsOf(outputs: StructuredValue, callable: string): readonly Tensor[] {
  const results = outputs.kind === "group" ? outputs.entries : [["0", outputs] as const];
  const leaves = results.flatMap(([key, value]) => leavesOf(/^\d+$/.test(key) ? `output_${key}` : key, value));
  return leaves
    .filter(({ value }) => value.kind !== "plain")
    .map((leaf) => ({ ...tensorOf(leaf, callable, new Set()), name: leaf.path }));
}

interface Leaf {
  readonly path: string;
  readonly value: Exclude<StructuredValue, { kind: "group" }>;
}

/** Sparse and ragged tensors by their parts. */
function leavesOf(path: string, value: StructuredValue): readonly Leaf[] {
  if (value.kind === "composite" && value.parts.length > 0) {
    return value.parts.map(({ name, ...part }) => ({
      path: `${path}/${name}`,
      value: { kind: "tensor", name: "", ...part },
    }));
  }
  if (value.kind !== "group") return [{ path, value }];
  return value.entries.flatMap(([key, entry]) => leavesOf(`${path}_${key}`, entry));
}

function entriesOf(value: StructuredValue | undefined): readonly (readonly [string, StructuredValue])[] {
  return value?.kind === "group" ? value.entries : [];
}

/** Named as its argument was traced, or else by where it stands among the arguments. */
function tensorOf({ path, value }: Leaf, callable: string, taken: ReadonlySet<string>): Tensor {
  if (value.kind !== "tensor") {
    throw new SavedModelError("UNSUPPORTED", `${path} of ${callable} is a composite tensor, neither sparse nor ragged`);
  }
  const name = value.name !== "" && !taken.has(value.name) ? value.name : path;
  return { name, dtype: elementTypeOf(value.dataType), shape: value.shape, savedName: `${path.replace(/\W/g, "_")}:0` };
}
