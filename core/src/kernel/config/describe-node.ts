import { quote } from "./config-fault.js";
import type { SourceNode } from "./source-tree.js";

/** What came, in words that tell nothing that came from the environment. */
export function describeNode(node: SourceNode): string {
  if (node.kind === "mapping") return "a mapping";
  if (node.kind === "list") return node.items.length === 0 ? "an empty list" : `a list of ${node.items.length}`;
  if (node.variables.size > 0) {
    return `a value from ${nameReferences(node.variables)}${node.value === null || node.value === "" ? ", which is empty" : ""}`;
  }
  if (node.value === null) return "nothing";
  if (typeof node.value === "string") return `the text ${quote(node.value)}`;
  return typeof node.value === "boolean" ? String(node.value) : `the number ${node.value}`;
}

/** `${A} or ${B}`, never the values. */
export function nameReferences(variables: ReadonlyMap<string, string>): string {
  return [...variables.keys()].map((name) => `\${${name}}`).join(" or ");
}

/** What a message that is withheld may show: `a value from ${A}`, or what is secret otherwise. */
export function secretsNamed(variables: ReadonlyMap<string, string>): string {
  return variables.size > 0 ? `a value from ${nameReferences(variables)}` : "what is secret";
}
