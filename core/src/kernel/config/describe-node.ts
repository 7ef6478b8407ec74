import { quote } from "./config-fault.js";
import type { SourceNode } from "./source-tree.js";

/** What came, in words that tell nothing that came from the environment. */
export function describeNode(node: SourceNode): string {
  if (node.kind === "mapping") return "a mapping";
  if (node.kind === "list") return node.items.length === 0 ? "an empty list" : `a list of ${node.items.length}`;
  if (node.variables.size > 0) {
    const references = [...node.variables].map(
      ([name, value]) => nameReference(name) + (value === "" ? ", which is empty" : ""),
    );
    return `a value from ${references.join(" and ")}`;
  }
  if (node.value === null) return "nothing";
  if (typeof node.value === "string") return `the text ${quote(node.value)}`;
  return typeof node.value === "boolean" ? String(node.value) : `the number ${node.value}`;
}

/** `${NAME}`. */
export function nameReference(name: string): string {
  return `\${${name}}`;
}
