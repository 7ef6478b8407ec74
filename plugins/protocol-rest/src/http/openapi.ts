import type { z } from "zod";

/** A part of an OpenAPI document. */
export type Json = Readonly<Record<string, unknown>>;

/** Schemas by the names that the document has for them. */
export type NamedSchemas = z.core.$ZodRegistry<{
  readonly id: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
}>;

/** A schema that the document has by name. */
export function reference(id: string): Json {
  return { $ref: `#/components/schemas/${id}` };
}

/** An answer in JSON, by the name of its schema. */
export function answerOf(description: string, id: string): Json {
  return { description, content: { "application/json": { schema: reference(id) } } };
}

export function pathParameter(name: string, description: string, schema: Json = {}): Json {
  return { name, in: "path", required: true, description, schema: { type: "string", minLength: 1, ...schema } };
}

/** A body in JSON, by the name of its schema. */
export function bodyOf(id: string): Json {
  return { required: true, content: { "application/json": { schema: reference(id) } } };
}

/** An answer in JSON, or an error. */
export function responses(id: string): Json {
  return { 200: answerOf("The answer.", id), default: answerOf("What went wrong.", "Error") };
}

/** When the answer to an inference is of no use any more; the soonest counts. */
export const DEADLINES: readonly Json[] = [
  header("grpc-timeout", "How long the answer is of use, as gRPC writes it.", { pattern: "^[0-9]{1,8}[HMSmun]$" }),
  header("x-envoy-expected-rq-timeout-ms", "The same in milliseconds, as proxies send it.", {
    pattern: "^[0-9]{1,15}$",
  }),
];

function header(name: string, description: string, schema: Json): Json {
  return { name, in: "header", description, schema: { type: "string", ...schema } };
}
