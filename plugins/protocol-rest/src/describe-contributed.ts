import type { Route, RouteDescription } from "@plinth/core";
import type { Json } from "./http/openapi.js";

/** Where plugins describe their management routes themselves, if one does. */
const MANAGEMENT_DOCUMENT = "/api/openapi.json";

/**
 * The public routes that other plugins contribute, for the OpenAPI document: what may stand in their paths, and what they say of themselves but for
 * schemas. OpenAPI has no paths of any length, so that routes for all that is below one are left out.
 *
 * @param described paths that the document has already
 */
export async function contributedPaths(
  routes: readonly Route[],
  described: ReadonlySet<string>,
): Promise<Record<string, Json>> {
  const paths: Record<string, Record<string, Json>> = {};
  for (const { method, path, access, description: describe } of routes) {
    if (access !== "public" || path.endsWith("/*")) continue;
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const template = path.replace(/:(\w+)/g, "{$1}");
    if (described.has(template)) continue;
    const description = await describe?.();
    paths[template] ??= {};
    paths[template][method.toLowerCase()] = {
      operationId: description?.id ?? `${method.toLowerCase()} ${path}`.replace(/\W+/g, "_"),
      summary: description?.summary ?? "Contributed by a plugin.",
      parameters: names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
      responses: responsesOf(description),
    };
  }
  return paths;
}

function responsesOf(description: RouteDescription | undefined): Json {
  if (description === undefined) return { default: { description: "What the plugin answers." } };
  const { answer } = description;
  return {
    200: { description: answer.description, content: { [answer.mediaType ?? "application/json"]: {} } },
    default: { description: "What went wrong." },
  };
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
