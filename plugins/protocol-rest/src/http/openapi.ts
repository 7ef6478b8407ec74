/** A part of an OpenAPI document. */
export type Json = Readonly<Record<string, unknown>>;

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
