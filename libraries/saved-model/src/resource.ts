import type { ElementType } from "./element-type.js";
import type { HandleDefinition } from "./freeze/body-builder.js";
import { isVariable } from "./freeze/handles.js";
import type { InitialValue, LookupTable, Resource } from "./saved-model.js";

/** What a handle stands for, as it is handed out. @param beginning of a variable its value, of a table its entries */
export function resourceOf(definition: HandleDefinition, beginning: InitialValue | LookupTable["entries"]): Resource {
  if (isVariable(definition)) {
    const shape = definition.attributes.get("shape");
    return {
      kind: "variable",
      dtype: typeOf(definition, "dtype"),
      shape: shape?.kind === "shape" ? shape.value : undefined,
      initial: beginning !== undefined && "kind" in beginning ? beginning : undefined,
    };
  }
  return {
    kind: "table",
    op: definition.op,
    keyType: typeOf(definition, "key_dtype"),
    valueType: typeOf(definition, "value_dtype"),
    entries: beginning !== undefined && "keys" in beginning ? beginning : undefined,
  };
}

function typeOf({ attributes }: HandleDefinition, name: string): ElementType {
  const type = attributes.get(name);
  return type?.kind === "type" ? type.value : "float32";
}
