import { createRequire } from "node:module";
import type { Route } from "@plinth/core";
import { z } from "zod";
import { healthPaths } from "./health.js";
import type { Json } from "./http/openapi.js";
import { servingPaths } from "./tensorflow-serving/describe.js";
import { SCHEMAS } from "./tensorflow-serving/schemas.js";

const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

/** Where the description is. */
const PATH = "/openapi.json";

/** The OpenAPI 3.1 description of all that this plugin answers by itself. */
export function openApiDocument(): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Plinth inference API",
      version,
      description: "What TensorFlow Serving's REST clients find on a Plinth server, and its health.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths: {
      ...servingPaths(),
      ...healthPaths(),
      [PATH]: {
        get: {
          operationId: "describeInference",
          summary: "This description.",
          responses: { 200: { description: "OpenAPI 3.1.", content: { "application/json": {} } } },
        },
      },
    },
    components: { schemas: schemas() },
  };
}

/** `GET /openapi.json`. */
export const descriptionRoute: Route = {
  method: "GET",
  path: PATH,
  access: "public",
  handle: () => Response.json(openApiDocument()),
};

function schemas(): Json {
  const { schemas: all } = z.toJSONSchema(SCHEMAS, {
    io: "input",
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ zodSchema, jsonSchema }) => {
      const { id: _, ...described } = SCHEMAS.get(zodSchema) ?? {};
      Object.assign(jsonSchema, described);
    },
  });
  return Object.fromEntries(Object.entries(all).map(([id, { $schema: _schema, $id: _id, ...schema }]) => [id, schema]));
}
