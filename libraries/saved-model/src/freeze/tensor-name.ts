import type { OpDefinition, SavedNode } from "../messages/graph-message.js";
import { SavedModelError } from "../saved-model-error.js";
import { OUTPUT_NAMES } from "./output-names.js";

/** One of a node's inputs: `output` is empty where it is said by number alone. */
export interface InputName {
  readonly node: string;
  readonly output: string;
  readonly index: number;
  readonly isControl: boolean;
}

/** @throws SavedModelError `GRAPH_INVALID` */
export function parseInputName(input: string): InputName {
  if (input.startsWith("^")) return { node: input.slice(1), output: "", index: 0, isControl: true };
  const [node = "", second, third, ...more] = input.split(":");
  const output = third === undefined ? "" : (second ?? "");
  const index = Number(third ?? second ?? 0);
  if (node === "" || more.length > 0 || !Number.isSafeInteger(index) || index < 0) {
    throw new SavedModelError(
      "GRAPH_INVALID",
      `Expected the name of a tensor, as "node:0", got ${JSON.stringify(input.slice(0, 200))}`,
    );
  }
  return { node, output, index, isControl: false };
}

/** The place of `node:output:index` among all tensors that a node gives. */
export function outputPosition(
  node: SavedNode,
  { output, index }: InputName,
  definition: OpDefinition | undefined,
): number {
  if (output === "") return index;
  let before = 0;
  for (const { name, countedBy } of outputsOf(node.op, definition)) {
    if (name === output) return before + index;
    before += countedBy === undefined ? 1 : countOf(node, countedBy);
  }
  return index;
}

function outputsOf(op: string, definition: OpDefinition | undefined): OpDefinition["outputs"] {
  if (definition !== undefined) return definition.outputs;
  const known = Object.hasOwn(OUTPUT_NAMES, op) ? OUTPUT_NAMES[op] : undefined;
  return (known?.split(" ") ?? []).map((output) => {
    const [name = "", countedBy] = output.split("*");
    return countedBy === undefined ? { name } : { name, countedBy };
  });
}

/** None where the attribute is left out: models do so with what is at its default. */
function countOf(node: SavedNode, attribute: string): number {
  const value = node.attributes.get(attribute);
  if (value?.kind === "int") return Number(value.value);
  return value?.kind === "list" ? value.value.length : 0;
}
