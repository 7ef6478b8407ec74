import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Attribute, Graph, GraphNode } from "@plinth/saved-model";

/** Made by scripts/make-saved-models.py. */
export const MODELS = fileURLToPath(new URL("./models/", import.meta.url));

export const MODEL_NAMES = readdirSync(MODELS).sort();

export function versionOf(model: string): string {
  return join(MODELS, model, "1");
}

/** All files of a model, by their names in its version's folder. */
export function filesOf(model: string): Record<string, Uint8Array> {
  const folder = versionOf(model);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1).replaceAll("\\", "/"), readFileSync(path)];
    }),
  );
}

/** A node as tests write it: `name = op(inputs) after waited`. */
export function written({ name, op, inputs, controlInputs }: GraphNode): string {
  const after = controlInputs.length === 0 ? "" : ` after ${controlInputs.join(", ")}`;
  return `${name} = ${op}(${inputs.join(", ")})${after}`;
}

export function nodesOf(graph: Graph): readonly GraphNode[] {
  return [...graph.nodes, ...[...graph.functions.values()].flatMap(({ nodes }) => nodes)];
}

/** What is wrong with how nodes hang together; none where each has what it needs, before it. */
export function faultsOf(graph: Graph): readonly string[] {
  const faults: string[] = [];
  const all = nodesOf(graph).map(({ name }) => name);
  if (new Set(all).size < all.length) faults.push("names that stand twice");
  for (const nodes of [graph.nodes, ...[...graph.functions.values()].map((body) => body.nodes)]) {
    const there = new Set(nodes.map(({ name }) => name));
    const before = new Set<string>();
    for (const { name, op, inputs, controlInputs, attributes } of nodes) {
      for (const needed of [...inputs.map((input) => input.slice(0, input.lastIndexOf(":"))), ...controlInputs]) {
        if (!there.has(needed)) faults.push(`${name} needs ${needed}, which is not there`);
        else if (!before.has(needed) && op !== "Merge") faults.push(`${name} stands before ${needed}`);
      }
      for (const called of [...attributes.values()].flatMap(functionsIn)) {
        if (!graph.functions.has(called)) faults.push(`${name} names function ${called}, which is not there`);
      }
      before.add(name);
    }
  }
  return faults;
}

function functionsIn(attribute: Attribute): readonly string[] {
  if (attribute.kind === "function") return [attribute.value];
  return attribute.kind === "list" ? attribute.value.flatMap(functionsIn) : [];
}

/** Whole numbers from 0 up to, without, `end`; the same ones for the same seed. */
export function pseudoRandom(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}
