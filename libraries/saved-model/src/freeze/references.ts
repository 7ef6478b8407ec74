import type { Attribute } from "../graph.js";
import type { BodyBuilder } from "./body-builder.js";
import { ON_HANDLES } from "./op-kinds.js";
import type { Value } from "./value.js";

/** What does the same to a handle as an op does to a variable of TensorFlow 1, or to a table whose handle is a string. */
export interface OnHandle {
  readonly op: string;
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Whether the op's output is the variable, changed. */
  readonly givesReference: boolean;
}

export function onHandle(op: string, attributes: ReadonlyMap<string, Attribute>): OnHandle | undefined {
  const renamed = ON_HANDLES.get(op);
  if (renamed === undefined) return undefined;
  const isTable = op.startsWith("LookupTable") || op.startsWith("InitializeTable");
  if (isTable) return { op: renamed, attributes, givesReference: false };
  const kept = new Map(attributes);
  const type = kept.get("T") ?? kept.get("dtype");
  kept.delete("T");
  kept.delete("use_locking");
  if (type !== undefined && renamed !== "VarIsInitializedOp") kept.set("dtype", type);
  if (renamed === "VarIsInitializedOp") kept.delete("dtype");
  return { op: renamed, attributes: kept, givesReference: renamed !== "VarIsInitializedOp" };
}

/**
 * Tensors of a node's inputs: of handles their nodes, of variables of TensorFlow 1 their values, read right before the node.
 *
 * @returns also what has to have run before, because of what it changed
 */
export function valuesOf(
  builder: BodyBuilder,
  values: readonly Value[],
  node: { readonly name: string; readonly controlInputs: readonly string[]; readonly keepsReference: boolean },
): { readonly inputs: readonly string[]; readonly after: readonly string[] } {
  const after: string[] = [];
  const inputs = values.map((value, index) => {
    if (value.kind === "tensor") return value.tensor;
    const handle = value.through ?? builder.handle(value.definition);
    if (!value.isReference || (index === 0 && node.keepsReference)) {
      after.push(...value.after);
      return handle;
    }
    const dtype = value.definition.attributes.get("dtype");
    return builder.add({
      name: builder.names.take(`${node.name}/${index}/read`),
      op: "ReadVariableOp",
      inputs: [handle],
      controlInputs: [...new Set([...node.controlInputs, ...value.after])],
      attributes: new Map(dtype === undefined ? [] : [["dtype", dtype]]),
    });
  });
  return { inputs, after };
}
