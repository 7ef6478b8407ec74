import type { Initialisation } from "../initial/initialisation.js";
import type { AssetFile } from "../messages/meta-graph-message.js";
import type { ObjectGraph, SavedObject } from "../messages/object-graph-message.js";
import { SavedModelError } from "../saved-model-error.js";
import type { CaptureOf } from "./callables.js";
import type { Handles } from "./handles.js";
import type { CapturedValue, Inliner } from "./inliner.js";
import type { ModelGraph } from "./model-graph.js";

export interface CaptureSources {
  readonly objects: ObjectGraph;
  readonly assets: readonly AssetFile[];
  readonly graph: ModelGraph;
  readonly handles: Handles;
  readonly inliner: () => Inliner;
  readonly initialisation: Initialisation;
}

/** Finds what the objects that functions capture are in the graph. */
export function captures(sources: CaptureSources): CaptureOf {
  return (object, index) => capture(object, index, sources);
}

function capture(object: SavedObject, index: number, sources: CaptureSources): CapturedValue {
  const { kind } = object;
  switch (kind.is) {
    case "variable":
      return variable(kind.name, index, sources);
    case "constant":
      return kind.operation;
    case "asset":
      return asset(kind.index, sources.assets);
    case "resource":
      return table(object, index, sources);
    default:
      throw new SavedModelError(
        "UNSUPPORTED",
        `A function captures object ${index}, which is no variable, constant, asset or table`,
      );
  }
}

/** The graph has a handle of each variable, which is called as the variable is, with a number behind it where several are called so. */
function variable(name: string, index: number, { graph, handles }: CaptureSources): CapturedValue {
  const nodes = [...graph.nodes.values()].filter(({ op }) => op === "VarHandleOp");
  const candidates = nodes.map((node) => {
    const attributes = graph.attributes(node, new Map());
    return handles.define({ name: node.name, op: node.op, attributes, inputs: [] });
  });
  const found =
    candidates.find((definition) => definition.key === `variable:${name}`) ??
    candidates.find((definition) => definition.name === name);
  if (found === undefined)
    throw new SavedModelError(
      "VARIABLE_MISSING",
      `A function captures variable ${name} (object ${index}), which the graph does not have`,
    );
  return { kind: "handle", definition: found, isReference: false, after: [] };
}

function asset(index: number, assets: readonly AssetFile[]): CapturedValue {
  const file = assets[index];
  if (file === undefined)
    throw new SavedModelError("GRAPH_INVALID", `Expected one of ${assets.length} assets, got ${index}`);
  return file.tensor.split(":")[0] as string;
}

/** A table is what its own function makes. */
function table({ children }: SavedObject, index: number, { objects, inliner }: CaptureSources): CapturedValue {
  const creator = objects.objects[children.get("_create_resource") ?? -1]?.kind;
  const [name] = creator?.is === "function" ? creator.concreteFunctions : [];
  const handle = name === undefined ? undefined : inliner().handleFrom(name);
  if (handle === undefined)
    throw new SavedModelError(
      "UNSUPPORTED",
      `A function captures object ${index}, whose handle nothing in the model makes`,
    );
  return handle;
}
