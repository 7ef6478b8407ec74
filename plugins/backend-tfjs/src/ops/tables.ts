import type { Tensor } from "@tensorflow/tfjs-core";
import type { CompileOp } from "../graph/compile-program.js";
import { Resource } from "../graph/values.js";
import type { EngineType } from "../tensors/element-types.js";
import { readValues } from "../tensors/from-engine.js";
import { makeTensor } from "../tensors/to-engine.js";
import { type Ops, plain, resourceAt, tensorAt } from "./kernels.js";

type Key = number | string;
type Element = number | Uint8Array;

/** What a lookup table says of each key; it lives as long as the model. */
export class Table extends Resource {
  readonly kind = "lookup table";
  readonly #valueType: EngineType;
  readonly #entries = new Map<Key, { readonly key: Element; readonly value: Element }>();

  constructor(valueType: EngineType) {
    super();
    this.#valueType = valueType;
  }

  get size(): number {
    return this.#entries.size;
  }

  insert(keys: Tensor, values: Tensor): void {
    const elements = readValues(values) as readonly Element[];
    for (const [index, key] of (readValues(keys) as readonly Element[]).entries()) {
      this.#entries.set(keyOf(key), { key, value: elements[index] as Element });
    }
  }

  remove(keys: Tensor): void {
    for (const key of readValues(keys) as readonly Element[]) this.#entries.delete(keyOf(key));
  }

  /** The value of each key, `fallback` of those that it does not have. */
  find(keys: Tensor, fallback: Tensor): Tensor {
    const [otherwise] = readValues(fallback) as readonly Element[];
    const asked = readValues(keys) as readonly Element[];
    const found = Array.from(asked, (key) => this.#entries.get(keyOf(key))?.value ?? otherwise);
    return tensorOf(found as readonly Element[], keys.shape, this.#valueType);
  }

  export(): [Tensor, Tensor] {
    const all = [...this.#entries.values()];
    const keyType = all[0]?.key instanceof Uint8Array ? "string" : "int32";
    return [
      tensorOf(
        all.map(({ key }) => key),
        [all.length],
        keyType,
      ),
      tensorOf(
        all.map(({ value }) => value),
        [all.length],
        this.#valueType,
      ),
    ];
  }
}

/** Byte strings are told apart byte by byte, whether they are UTF-8 or not. */
function keyOf(key: Element): Key {
  if (typeof key === "number") return key;
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}

function tensorOf(elements: readonly Element[], shape: readonly number[], type: EngineType): Tensor {
  switch (type) {
    case "string":
      return makeTensor(elements as readonly Uint8Array[], shape, type);
    case "float32":
      return makeTensor(Float32Array.from(elements as readonly number[]), shape, type);
    case "bool":
      return makeTensor(Uint8Array.from(elements as readonly number[]), shape, type);
    default:
      return makeTensor(Int32Array.from(elements as readonly number[]), shape, type);
  }
}

const handle: CompileOp = (node, context) => {
  const table = context.resource(node);
  return () => table;
};

const find: CompileOp = plain((inputs) => resourceAt(inputs, 0, Table).find(tensorAt(inputs, 1), tensorAt(inputs, 2)));

const insert: CompileOp = plain((inputs) => {
  resourceAt(inputs, 0, Table).insert(tensorAt(inputs, 1), tensorAt(inputs, 2));
  return [];
});

const size: CompileOp = plain((inputs) => makeTensor(Int32Array.of(resourceAt(inputs, 0, Table).size), [], "int32"));

const exported: CompileOp = plain((inputs) => resourceAt(inputs, 0, Table).export());

/** Ops on lookup tables, which are filled when the model is loaded. */
export const TABLES: Ops = {
  AnonymousHashTable: handle,
  HashTable: handle,
  HashTableV2: handle,
  LookupTableExport: exported,
  LookupTableExportV2: exported,
  LookupTableFind: find,
  LookupTableFindV2: find,
  LookupTableImport: insert,
  LookupTableImportV2: insert,
  LookupTableInsert: insert,
  LookupTableInsertV2: insert,
  LookupTableRemoveV2: plain((inputs) => {
    resourceAt(inputs, 0, Table).remove(tensorAt(inputs, 1));
    return [];
  }),
  LookupTableSize: size,
  LookupTableSizeV2: size,
  MutableDenseHashTable: handle,
  MutableDenseHashTableV2: handle,
  MutableHashTable: handle,
  MutableHashTableV2: handle,
};
