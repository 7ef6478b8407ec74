import type { Attribute } from "../graph.js";
import type { HandleDefinition } from "./body-builder.js";
import { REFERENCE_VARIABLES, TABLES } from "./op-kinds.js";

/** All variables and tables of a model by their key: those of one key are one, as TensorFlow has it. */
export class Handles {
  readonly #definitions = new Map<string, HandleDefinition>();

  /** The variable or table that a node gives the handle of. */
  define(node: Omit<HandleDefinition, "key">): HandleDefinition {
    const op = REFERENCE_VARIABLES.has(node.op) ? "VarHandleOp" : (TABLES.get(node.op) ?? node.op);
    const key = `${TABLES.has(node.op) ? "table" : "variable"}:${sharedName(node.attributes) || node.name}`;
    const known = this.#definitions.get(key);
    if (known !== undefined) return known;
    const definition = { ...node, key, op };
    this.#definitions.set(key, definition);
    return definition;
  }

  get(key: string): HandleDefinition | undefined {
    return this.#definitions.get(key);
  }
}

export function isVariable(definition: HandleDefinition): boolean {
  return definition.op === "VarHandleOp";
}

function sharedName(attributes: ReadonlyMap<string, Attribute>): string {
  const name = attributes.get("shared_name");
  return name?.kind === "bytes" ? Buffer.from(name.value).toString() : "";
}
