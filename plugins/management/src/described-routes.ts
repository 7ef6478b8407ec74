import type { Route } from "@plinth/core";
import type { DescribedOperation } from "./operation.js";

/** The operations, and what other plugins tell of their routes below `/api`. */
export function describedOperations(
  operations: readonly DescribedOperation[],
  routes: readonly Route[],
): readonly DescribedOperation[] {
  return [...operations, ...routes.flatMap(describedRoute)];
}

function describedRoute({ method, path, description }: Route): readonly DescribedOperation[] {
  if (description === undefined || !path.startsWith("/api/")) return [];
  const { id, summary, link, query, answer } = description;
  return [{ id, method, path, summary, link, query, changes: false, answer: { status: 200, ...answer } }];
}
