import type { Attribute } from "../graph.js";
import type { SavedFunctionBody } from "../messages/graph-message.js";
import { SavedModelError } from "../saved-model-error.js";
import type { BodyBuilder } from "./body-builder.js";
import { ON_HANDLES, WITH_EFFECT } from "./op-kinds.js";
import { type InputName, parseInputName } from "./tensor-name.js";
import type { Value } from "./value.js";

/** Calls inside one another. */
const MAX_DEPTH = 100;

/** A call of a function that is to be put in its place. */
export interface FunctionCall {
  readonly function: string;
  readonly values: readonly Value[];
  /** What names of the function's nodes begin with. */
  readonly prefix: string;
  /** What runs before anything of it that has an effect. */
  readonly controls: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Where its nodes go, if not where the caller's go. */
  readonly builder?: BodyBuilder;
  /** Functions that it is in, if not those that the caller is in. */
  readonly callers?: readonly string[];
}

/** @throws SavedModelError `FUNCTION_RECURSIVE`, `TOO_DEEP` where the last of them may not be called */
export function checkCallers(callers: readonly string[]): void {
  const callee = callers.at(-1) as string;
  if (callers.indexOf(callee) !== callers.length - 1) {
    throw new SavedModelError(
      "FUNCTION_RECURSIVE",
      `Function ${callee} calls itself: ${callers.slice(callers.indexOf(callee)).slice(0, 6).join(" calls ")}`,
    );
  }
  if (callers.length > MAX_DEPTH) {
    throw new SavedModelError(
      "TOO_DEEP",
      `Expected at most ${MAX_DEPTH} calls inside one another, got more in ${callers[0]}`,
    );
  }
}

/** Values of a function's arguments by the tensors that they are in it. */
export function argumentsOf({ signature }: SavedFunctionBody, values: readonly Value[]): ReadonlyMap<string, Value> {
  if (signature.inputs.length !== values.length) {
    throw new SavedModelError(
      "GRAPH_INVALID",
      `Expected ${signature.inputs.length} inputs for function ${signature.name}, its call gives ${values.length}`,
    );
  }
  return new Map(signature.inputs.map(({ name }, index) => [`${name}:0`, values[index] as Value]));
}

/** Tensors that a function gives back, in the order of its outputs. */
export function returnsOf(body: SavedFunctionBody): readonly InputName[] {
  return body.signature.outputs.map(({ name }) => {
    const tensor = body.returns.get(name);
    if (tensor === undefined) {
      throw new SavedModelError(
        "GRAPH_INVALID",
        `Function ${body.signature.name} does not say what its output ${name} is`,
      );
    }
    return parseInputName(tensor);
  });
}

/** Nodes that run with a function. Functions of TensorFlow 1 do not say: there it is all that have an effect. */
export function nodesThatRun(body: SavedFunctionBody): readonly string[] {
  if (body.controlReturns.length > 0) return body.controlReturns;
  return body.nodes
    .filter(({ op }) => WITH_EFFECT.has(op) || op.startsWith("Assign") || ON_HANDLES.get(op)?.startsWith("Assign"))
    .map(({ name }) => name);
}

/** Output 0 of a node, or the node itself. */
export function nodeRoot(node: string): InputName {
  return { node, output: "", index: 0, isControl: false };
}
