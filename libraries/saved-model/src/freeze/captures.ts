import type { AssetFile } from "../messages/meta-graph-message.js";
import type { ObjectGraph, SavedObject } from "../messages/object-graph-message.js";
import { SavedModelError } from "../saved-model-error.js";
import type { CaptureOf } from "./callables.js";
import type { Handles } from "./handles.js";
import type { CapturedValue, Inliner } from "./inliner.js";

export interface CaptureSources {
  readonly objects: ObjectGraph;
  readonly assets: readonly AssetFile[];
  readonly handles: Handles;
  readonly inliner: () => Inliner;
  /** Keys of variables by the number of their object. */
  readonly variables: ReadonlyMap<number, string>;
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

/** Several variables may have the name: which one it is stands in the checkpoint. */
function variable(name: string, index: number, { variables, handles }: CaptureSources): CapturedValue {
  const definition = handles.get(variables.get(index) ?? `variable:${name}`);
  if (definition === undefined) {
    throw new SavedModelError(
      "VARIABLE_MISSING",
      `A function captures variable ${name} (object ${index}), which nothing gives a value`,
    );
  }
  return { kind: "handle", definition, isReference: false, after: [] };
}

function asset(index: number, assets: readonly AssetFile[]): CapturedValue {
  const file = assets[index];
  if (file === undefined) {
    throw new SavedModelError("GRAPH_INVALID", `Expected one of ${assets.length} assets, got ${index}`);
  }
  return file.tensor.split(":")[0] as string;
}

/** A table is what its own function makes. */
function table({ children }: SavedObject, index: number, { objects, inliner }: CaptureSources): CapturedValue {
  const creator = objects.objects[children.get("_create_resource") ?? -1]?.kind;
  const [name] = creator?.is === "function" ? creator.concreteFunctions : [];
  const handle = name === undefined ? undefined : inliner().handleFrom(name);
  if (handle === undefined) {
    throw new SavedModelError(
      "UNSUPPORTED",
      `A function captures object ${index}, whose handle nothing in the model makes`,
    );
  }
  return handle;
}
