import type { ConstantTensor } from "../constant-tensor.js";
import type { ModelSignature } from "../saved-model.js";
import { SavedModelError } from "../saved-model-error.js";
import { nodeOf } from "./flat-graph.js";
import type { FlatSignature } from "./flat-signature.js";
import { freezeVariables } from "./freeze-variables.js";
import { type SimplifyOptions, simplify } from "./simplify.js";

/**
 * The signature as it is handed out.
 *
 * @param values of variables that become constants, by key
 * @throws SavedModelError `INPUT_NOT_FED`
 */
export function finishSignature(
  { method, inputs, outputs, graph }: FlatSignature,
  values: ReadonlyMap<string, ConstantTensor>,
  options: SimplifyOptions,
): ModelSignature {
  const placeholders = new Set(inputs.map(({ tensor }) => nodeOf(tensor)));
  const simplified = simplify(freezeVariables(graph, values), [...placeholders], options);
  const { nodes, functions } = simplified;
  for (const { name, op } of nodes) {
    if (op === "Placeholder" && !placeholders.has(name)) {
      throw new SavedModelError("INPUT_NOT_FED", `Placeholder ${name} is needed, and is no input of the signature`);
    }
  }
  const given = outputs.map((output, index) => ({ ...output, tensor: simplified.outputs[index] as string }));
  return { method, inputs, outputs: given, nodes, functions, ops: opsOf({ nodes, functions }) };
}

function opsOf({ nodes, functions }: Pick<ModelSignature, "nodes" | "functions">): ModelSignature["ops"] {
  const ops = new Map<string, string[]>();
  for (const { name, op } of [...nodes, ...[...functions.values()].flatMap((body) => body.nodes)]) {
    const names = ops.get(op);
    if (names === undefined) ops.set(op, [name]);
    else names.push(name);
  }
  return new Map([...ops].sort(([a], [b]) => (a < b ? -1 : 1)));
}
