import { bodiesOf, type FlatBody, type FlatGraph, type FlatNode, nodeOf } from "./flat-graph.js";
import { HANDLE_READERS, PASS_HANDLES } from "./op-kinds.js";

/** Loops and switches inside one another that a handle is followed through. */
const MAX_STEPS = 1000;

/** The handle's node that a tensor is of, also where it went through loops and switches. */
export function handleOf(body: Pick<FlatBody, "nodes">, tensor: string): FlatNode | undefined {
  let node = body.nodes.get(nodeOf(tensor));
  for (let step = 0; node !== undefined && node.resource === undefined; step++) {
    node = step < MAX_STEPS && PASS_HANDLES.has(node.op) ? body.nodes.get(nodeOf(node.inputs[0] ?? ":0")) : undefined;
  }
  return node;
}

/** Keys of variables and tables that something in the graphs may change. */
export function changedResources(graphs: Iterable<FlatGraph>): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const body of [...graphs].flatMap(bodiesOf)) {
    for (const node of body.nodes.values()) {
      if (HANDLE_READERS.has(node.op) || PASS_HANDLES.has(node.op)) continue;
      for (const tensor of node.inputs) {
        const key = handleOf(body, tensor)?.resource;
        if (key !== undefined) changed.add(key);
      }
    }
  }
  return changed;
}

/** Keys of all variables and tables that the graph uses. */
export function usedResources(graph: FlatGraph): ReadonlySet<string> {
  const nodes = bodiesOf(graph).flatMap((body) => [...body.nodes.values()]);
  return new Set(nodes.flatMap(({ resource }) => (resource === undefined ? [] : [resource])));
}
