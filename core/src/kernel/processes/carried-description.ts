import { outputSchema } from "../../extension-points/output-schema.js";
import type { DescribedSchema, RouteDescription } from "../../extension-points/route.js";
import type { JsonSchema } from "../config/json-schema.js";

/** What a route tells of itself and its answer, as it can be handed to another process: schemas are objects with functions. */
export interface CarriedDescription extends Pick<RouteDescription, "id" | "summary"> {
  readonly answer: Omit<RouteDescription["answer"], "schema"> & { readonly schema?: JsonSchema };
}

export function carried({ id, summary, answer: { schema, ...answer } }: RouteDescription): CarriedDescription {
  return { id, summary, answer: { ...answer, ...(schema !== undefined && { schema: outputSchema(schema) }) } };
}

export function unpacked({ id, summary, answer: { schema, ...answer } }: CarriedDescription): RouteDescription {
  return { id, summary, answer: { ...answer, ...(schema !== undefined && { schema: describedSchema(schema) }) } };
}

function describedSchema(schema: JsonSchema): DescribedSchema {
  const asItIs = () => ({ ...schema });
  return { "~standard": { version: 1, vendor: "plinth", jsonSchema: { input: asItIs, output: asItIs } } };
}
