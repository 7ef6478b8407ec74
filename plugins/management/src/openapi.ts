import { type DescribedSchema, PROBLEM_TYPE } from "@plinth/core";
import type { DescribedOperation } from "./operation.js";
import { problem } from "./resources.js";

type Json = Readonly<Record<string, unknown>>;

/** Headers that every change takes. */
const CHANGE_HEADERS: readonly Json[] = [
  header("Plinth-Who", "Who makes the change, percent-encoded UTF-8. Default: anonymous."),
  header("Plinth-Why", "Why, percent-encoded UTF-8. Protected labels need it."),
];

const IF_MATCH: Json = header(
  "If-Match",
  "The ETag of the model on which the change was decided; another one by now is a 412.",
);

const IDEMPOTENCY_KEY: Json = header("Idempotency-Key", "A request that comes again with the same key is done once.");

const CONTENT_DIGEST: Json = header(
  "Content-Digest",
  "The SHA-256 of the body, as sha-256=:<base64>: (RFC 9530); another body is refused. An Idempotency-Key needs it.",
);

const TOKEN: Json = {
  type: "http",
  scheme: "bearer",
  description:
    "One of server.managementTokens, where there are some; without them, whoever is on the server's machine needs none.",
};

/** The OpenAPI 3.1 description of the operations, made from what checks their requests. */
export function openApiDocument(operations: readonly DescribedOperation[], version: string): Json {
  const schemas: Record<string, Json> = {};
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, "{$1}");
    paths[path] ??= {};
    paths[path][operation.method.toLowerCase()] = operationJson(operation, schemas);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Plinth management API",
      version,
      description: "Models, versions, labels, traffic and history of a running Plinth server.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, {}],
    paths,
    components: { schemas, securitySchemes: { token: TOKEN } },
  };
}

function operationJson(operation: DescribedOperation, schemas: Record<string, Json>): Json {
  const { id, summary, changes, method, answer, body, upload, headers } = operation;
  const { schema, mediaType = "application/json", hasRevision } = answer;
  const parameters = [
    ...pathParameters(operation.path),
    ...queryParameters(operation),
    ...(headers ?? []).map(({ name, description, pattern }) => ({
      ...header(name, description, pattern),
      required: true,
    })),
    ...(changes ? CHANGE_HEADERS : []),
    ...(changes && hasRevision ? [IF_MATCH] : []),
    ...(method === "POST" ? [IDEMPOTENCY_KEY] : []),
    ...(changes && upload !== undefined ? [CONTENT_DIGEST] : []),
  ];
  const problems = { [PROBLEM_TYPE]: { schema: reference(problem, schemas) } };
  const content = schema === undefined ? { [mediaType]: {} } : { [mediaType]: { schema: reference(schema, schemas) } };
  return {
    operationId: id,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: true, content: { "application/json": { schema: reference(body, schemas, "input") } } },
    }),
    ...(upload !== undefined && {
      requestBody: { required: true, content: Object.fromEntries(upload.map((each) => [each, {}])) },
    }),
    responses: {
      [answer.status]: {
        description: answer.description,
        content,
        ...(hasRevision && { headers: { ETag: { description: "The model's revision.", schema: { type: "string" } } } }),
      },
      401: {
        description: "A token is wanted, or another one.",
        content: problems,
        headers: { "WWW-Authenticate": { description: "What is wanted (RFC 6750).", schema: { type: "string" } } },
      },
      403: { description: "Not from there, or not without a reason.", content: problems },
      default: { description: "What went wrong.", content: problems },
    },
  };
}

/** A reference to a schema with an id, which is put among `schemas` with all that it refers to. */
function reference(schema: DescribedSchema, schemas: Record<string, Json>, io: "input" | "output" = "output"): Json {
  const { id, $defs = {}, ...json } = jsonSchema(schema, io);
  for (const [name, { id: _, ...definition }] of Object.entries($defs as Readonly<Record<string, Json>>)) {
    schemas[name] ??= moved(definition);
  }
  if (typeof id !== "string") return moved(json);
  schemas[id] ??= moved(json);
  return { $ref: `#/components/schemas/${id}` };
}

function jsonSchema(schema: DescribedSchema, io: "input" | "output"): Json {
  const { $schema: _, ...json } = schema["~standard"].jsonSchema[io]({ target: "draft-2020-12" });
  return json;
}

/** The schema with its references pointing to where the definitions were moved. */
function moved(schema: Json): Json {
  return JSON.parse(
    JSON.stringify(schema, (key, value) => {
      if (key === "$ref" && typeof value === "string") return value.replace("#/$defs/", "#/components/schemas/");
      return value;
    }),
  );
}

function pathParameters(path: string): readonly Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters({ query }: DescribedOperation): readonly Json[] {
  if (query === undefined) return [];
  const { properties = {} } = jsonSchema(query, "input");
  return Object.entries(properties as Readonly<Record<string, Json>>).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    description,
    schema: { type: "integer", ...schema },
  }));
}

function header(name: string, description: string, pattern?: string): Json {
  return { name, in: "header", description, schema: { type: "string", ...(pattern !== undefined && { pattern }) } };
}
