import type { ElementType } from "./element-type.js";
import type { HandleDefinition } from "./freeze/body-builder.js";
import { isVariable } from "./freeze/handles.js";
import type { InitialValues } from "./initial/initial-values.js";
import type { InitialValue, Resource } from "./saved-model.js";

/** What a handle stands for, as it is handed out. */
export async function resourceOf(
  definition: HandleDefinition,
  initial: InitialValue | undefined,
  initialValues: InitialValues,
): Promise<Resource> {
  if (isVariable(definition)) {
    const shape = definition.attributes.get("shape");
    return {
      kind: "variable",
      dtype: typeOf(definition, "dtype"),
      shape: shape?.kind === "shape" ? shape.value : undefined,
      initial,
    };
  }
  return {
    kind: "table",
    op: definition.op,
    keyType: typeOf(definition, "key_dtype"),
    valueType: typeOf(definition, "value_dtype"),
    entries: await initialValues.table(definition),
  };
}

function typeOf({ attributes }: HandleDefinition, name: string): ElementType {
  const type = attributes.get(name);
  return type?.kind === "type" ? type.value : "float32";
}
