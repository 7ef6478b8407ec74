import type { DescribedSchema } from "./route.js";

/** The JSON Schema of what a schema gives out. What JSON cannot express is left open where the schema's library can do so. */
export function outputSchema(schema: DescribedSchema): Readonly<Record<string, unknown>> {
  return schema["~standard"].jsonSchema.output({
    target: "draft-2020-12",
    libraryOptions: { unrepresentable: "any" },
  });
}
