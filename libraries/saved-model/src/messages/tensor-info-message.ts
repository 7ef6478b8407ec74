import type { Shape } from "../constant-tensor.js";
import { partNames, sparseParts } from "./composite-parts.js";
import { readShape } from "./tensor-message.js";
import type { WireReader } from "./wire-reader.js";

/** TensorInfo. What is several tensors, a sparse or a ragged one, has `parts` and no `tensor`. */
export interface TensorInfo {
  readonly tensor: string | undefined;
  readonly dataType: number;
  readonly shape: Shape;
  readonly parts: readonly (readonly [name: string, part: TensorInfo])[];
}

export function readTensorInfo(reader: WireReader): TensorInfo {
  let tensor: string | undefined;
  let dataType = 0;
  let shape: Shape = [];
  let sparse: readonly string[] | undefined;
  let parts: TensorInfo["parts"] = [];
  while (reader.next()) {
    if (reader.field === 1) tensor = reader.string();
    else if (reader.field === 2) dataType = reader.number();
    else if (reader.field === 3) shape = readShape(reader.message());
    else if (reader.field === 4) sparse = readSparse(reader.message());
    else if (reader.field === 5) parts = readComposite(reader.message());
    else reader.skip();
  }
  if (sparse !== undefined) {
    parts = sparseParts(dataType, shape).map(({ name, ...part }, index) => [
      name,
      { ...part, tensor: sparse?.[index], parts: [] },
    ]);
  }
  return { tensor, dataType, shape, parts };
}

/** CooSparse: the names of places, values and shape. */
function readSparse(reader: WireReader): readonly string[] {
  let [indices, values, shape] = ["", "", ""];
  while (reader.next()) {
    if (reader.field === 1) values = reader.string();
    else if (reader.field === 2) indices = reader.string();
    else if (reader.field === 3) shape = reader.string();
    else reader.skip();
  }
  return [indices, values, shape];
}

/** CompositeTensor. */
function readComposite(reader: WireReader): TensorInfo["parts"] {
  let typeSpecClass = 0;
  const components: TensorInfo[] = [];
  while (reader.next()) {
    if (reader.field === 1) typeSpecClass = readClass(reader.message());
    else if (reader.field === 2) components.push(readTensorInfo(reader.message()));
    else reader.skip();
  }
  const names = partNames(typeSpecClass, components.length);
  return components.map((part, index) => [names[index] ?? `component_${index}`, part]);
}

function readClass(reader: WireReader): number {
  let typeSpecClass = 0;
  while (reader.next()) {
    if (reader.field === 1) typeSpecClass = reader.number();
    else reader.skip();
  }
  return typeSpecClass;
}
