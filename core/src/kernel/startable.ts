import type { DisposerStack } from "./disposer-stack.js";
import { namedFailure } from "./failures.js";

/** Starts a component, after its disposal was made sure of: also one that failed half-way may hold something. */
export function startable<T>(
  name: string,
  component: AsyncDisposable,
  begin: () => Promise<T>,
  disposers: DisposerStack,
): () => Promise<T> {
  return async () => {
    disposers.push(name, async () => component[Symbol.asyncDispose]());
    try {
      return await begin();
    } catch (thrown) {
      throw namedFailure(name, thrown);
    }
  };
}
