import type { Route } from "@plinth/core";
import type { Json } from "./http/openapi.js";

/** Where plugins describe their management routes themselves, if one does. */
const MANAGEMENT_DOCUMENT = "/api/openapi.json";

/**
 * The public routes that other plugins contribute, for the OpenAPI document: that they are there, and what may stand in their paths. OpenAPI
 * has no paths of any length, so that routes for all that is below one are left out.
 *
 * @param described paths that the document has already
 */
export function contributedPaths(routes: readonly Route[], described: ReadonlySet<string>): Record<string, Json> {
  const paths: Record<string, Record<string, Json>> = {};
  for (const { method, path, access } of routes) {
    if (access !== "public" || path.endsWith("/*")) continue;
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const template = path.replace(/:(\w+)/g, "{$1}");
    if (described.has(template)) continue;
    paths[template] ??= {};
    paths[template][method.toLowerCase()] = {
      operationId: `${method.toLowerCase()} ${path}`.replace(/\W+/g, "_"),
      summary: "Contributed by a plugin.",
      parameters: names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
      responses: { default: { description: "What the plugin answers." } },
    };
  }
  return paths;
}

/** A link to the description of the management routes; nothing where nobody has one. */
export function managementLink(routes: readonly Route[]): Json {
  if (!routes.some(({ path }) => path === MANAGEMENT_DOCUMENT)) return {};
  return {
    externalDocs: {
      description: "The management API, for callers that may manage the server.",
      url: MANAGEMENT_DOCUMENT,
    },
  };
}
