import { SavedModelError } from "../saved-model-error.js";

/**
 * What `roots` need, each after all that it needs itself.
 *
 * @param needs of a node; called once for each
 * @param later of a node: those that it needs though they come after it, as a loop's next iteration
 * @throws SavedModelError `GRAPH_CYCLIC`
 */
export function inOrder(
  roots: Iterable<string>,
  needs: (node: string) => readonly string[],
  later: (node: string) => readonly string[] = () => [],
): readonly string[] {
  const order: string[] = [];
  const state = new Map<string, "open" | "done">();
  const waiting = [...roots].reverse();
  const behind: string[] = [];
  for (;;) {
    const root = waiting.pop() ?? behind.pop();
    if (root === undefined) return order;
    const path: { node: string; rest: string[] }[] = [];
    const enter = (node: string): void => {
      const seen = state.get(node);
      if (seen === "done") return;
      if (seen === "open") {
        throw cyclic(
          node,
          path.map((step) => step.node),
        );
      }
      state.set(node, "open");
      path.push({ node, rest: [...needs(node)].reverse() });
      behind.push(...later(node));
    };
    enter(root);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const next = step.rest.pop();
      if (next !== undefined) enter(next);
      else {
        state.set(step.node, "done");
        order.push(step.node);
        path.pop();
      }
    }
  }
}

function cyclic(node: string, path: readonly string[]): SavedModelError {
  const cycle = path.slice(path.indexOf(node));
  const shown = cycle.length > 5 ? [...cycle.slice(0, 5), "..."] : cycle;
  return new SavedModelError("GRAPH_CYCLIC", `Nodes wait for each other: ${[...shown, node].join(" needs ")}`);
}
