import { type DescribedSchema, outputSchema, type Route, type RouteDescription } from "@plinth/core";
import type { Json } from "./http/openapi.js";

/** Where plugins describe their management routes themselves, if one does. */
const MANAGEMENT_DOCUMENT = "/api/openapi.json";

/** Parts of an OpenAPI document. */
export interface Contributed {
  readonly paths: Readonly<Record<string, Json>>;
  readonly schemas: Readonly<Record<string, Json>>;
}

/**
 * The public routes that other plugins contribute, for the OpenAPI document: what may stand in their paths, and what they say of themselves and their
 * answers. OpenAPI has no paths of any length, so that routes for all that is below one are left out.
 *
 * @param described paths that the document has already
 */
export async function contributed(routes: readonly Route[], described: ReadonlySet<string>): Promise<Contributed> {
  const paths: Record<string, Record<string, Json>> = {};
  const schemas: Record<string, Json> = {};
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
      responses: responsesOf(description, schemas),
    };
  }
  return { paths, schemas };
}

function responsesOf(description: RouteDescription | undefined, schemas: Record<string, Json>): Json {
  if (description === undefined) return { default: { description: "What the plugin answers." } };
  const { id, answer } = description;
  const content: Json = answer.schema === undefined ? {} : { schema: reference(`${id}Answer`, answer.schema, schemas) };
  return {
    200: { description: answer.description, content: { [answer.mediaType ?? "application/json"]: content } },
    default: { description: "What went wrong." },
  };
}

/** Puts a schema among `schemas`, whole, with the parts that it refers to inside it: parts of two plugins may have the same name. */
function reference(name: string, schema: DescribedSchema, schemas: Record<string, Json>): Json {
  const { $schema: _, ...json } = outputSchema(schema);
  const at = `#/components/schemas/${name}`;
  schemas[name] = JSON.parse(
    JSON.stringify(json, (key, value) => {
      return key === "$ref" && typeof value === "string" ? value.replace(/^#/, at) : value;
    }),
  );
  return { $ref: at };
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
