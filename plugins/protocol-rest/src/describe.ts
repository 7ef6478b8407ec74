import { createRequire } from "node:module";
import type { Route } from "@plinth/core";
import { z } from "zod";
import { contributed, managementLink } from "./describe-contributed.js";
import { healthPaths } from "./health.js";
import type { Json, NamedSchemas } from "./http/openapi.js";
import { openInferencePaths } from "./open-inference/describe.js";
import { OPEN_INFERENCE_SCHEMAS } from "./open-inference/schemas.js";
import { servingPaths } from "./tensorflow-serving/describe.js";
import { SERVING_SCHEMAS } from "./tensorflow-serving/schemas.js";

const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

/** Where the description is. */
const PATH = "/openapi.json";

/**
 * The OpenAPI 3.1 description of all that answers everybody: what this plugin answers by itself, and the public routes of others. The management
 * routes' own description is linked.
 */
export async function openApiDocument(routes: readonly Route[]): Promise<Json> {
  const paths: Readonly<Record<string, Json>> = {
    ...servingPaths(),
    ...openInferencePaths(),
    ...healthPaths(),
    [PATH]: {
      get: {
        operationId: "describeInference",
        summary: "This description.",
        responses: { 200: { description: "OpenAPI 3.1.", content: { "application/json": {} } } },
      },
    },
  };
  const others = await contributed(routes, new Set(Object.keys(paths)));
  return {
    openapi: "3.1.0",
    info: {
      title: "Plinth inference API",
      version,
      description:
        "What clients of TensorFlow Serving's REST API and of the Open Inference Protocol v2 find on a Plinth server, its health, and public " +
        "routes of its plugins.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    ...managementLink(routes),
    paths: { ...paths, ...others.paths },
    components: { schemas: { ...others.schemas, ...schemasOf(SERVING_SCHEMAS), ...schemasOf(OPEN_INFERENCE_SCHEMAS) } },
  };
}

/** `GET /openapi.json`. @param routes that other plugins contribute */
export function descriptionRoute(routes: readonly Route[]): Route {
  return {
    method: "GET",
    path: PATH,
    access: "public",
    handle: async () => Response.json(await openApiDocument(routes)),
  };
}

function schemasOf(named: NamedSchemas): Json {
  const { schemas: all } = z.toJSONSchema(named, {
    io: "input",
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ zodSchema, jsonSchema }) => {
      const { id: _, ...described } = named.get(zodSchema) ?? {};
      Object.assign(jsonSchema, described);
    },
  });
  return Object.fromEntries(Object.entries(all).map(([id, { $schema: _schema, $id: _id, ...schema }]) => [id, schema]));
}
