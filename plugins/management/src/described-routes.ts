import type { Route } from "@plinth/core";
import type { DescribedOperation } from "./operation.js";

/** Where something is answered below `/api`. */
export type KnownPath = Pick<DescribedOperation, "method" | "path">;

/** The operations, and what other plugins tell of their routes below `/api`. */
export async function describedOperations(
  operations: readonly DescribedOperation[],
  routes: readonly Route[],
): Promise<readonly DescribedOperation[]> {
  const others = routes.filter(isDescribed).map(async ({ method, path, description }): Promise<DescribedOperation> => {
    const { id, summary, link, query, answer } = await description();
    return { id, method, path, summary, link, query, changes: false, answer: { status: 200, ...answer } };
  });
  return [...operations, ...(await Promise.all(others))];
}

export function knownPaths(operations: readonly DescribedOperation[], routes: readonly Route[]): readonly KnownPath[] {
  return [...operations, ...routes.filter(isDescribed)];
}

type DescribedRoute = Route & { readonly description: NonNullable<Route["description"]> };

function isDescribed(route: Route): route is DescribedRoute {
  return route.description !== undefined && route.path.startsWith("/api/");
}
