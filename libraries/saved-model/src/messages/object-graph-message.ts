import { readStructuredValue, type StructuredValue } from "./structured-value.js";
import type { WireReader } from "./wire-reader.js";

/** SavedObject: what a function can capture or call, by what tells it apart. */
export interface SavedObject {
  readonly children: ReadonlyMap<string, number>;
  readonly kind:
    | {
        readonly is: "function";
        readonly concreteFunctions: readonly string[];
        readonly argumentNames: readonly string[];
      }
    | { readonly is: "concrete function"; readonly name: string; readonly argumentNames: readonly string[] }
    | { readonly is: "variable"; readonly name: string }
    | { readonly is: "constant"; readonly operation: string }
    | { readonly is: "asset"; readonly index: number }
    | { readonly is: "resource" }
    | { readonly is: "other" };
}

/** SavedConcreteFunction. */
export interface ConcreteFunction {
  /** Objects that follow its arguments, by number. */
  readonly boundInputs: readonly number[];
  readonly inputs: StructuredValue;
  readonly outputs: StructuredValue;
}

/** SavedObjectGraph. Object 0 is the root. */
export interface ObjectGraph {
  readonly objects: readonly SavedObject[];
  readonly concreteFunctions: ReadonlyMap<string, ConcreteFunction>;
}

export function readObjectGraph(reader: WireReader): ObjectGraph {
  const objects: SavedObject[] = [];
  const concreteFunctions = new Map<string, ConcreteFunction>();
  while (reader.next()) {
    if (reader.field === 1) objects.push(readObject(reader.message()));
    else if (reader.field === 2) {
      concreteFunctions.set(...reader.entry((entry) => readConcreteFunction(entry.message()), noFunction));
    } else reader.skip();
  }
  return { objects, concreteFunctions };
}

function readObject(reader: WireReader): SavedObject {
  const children = new Map<string, number>();
  let kind: SavedObject["kind"] = { is: "other" };
  while (reader.next()) {
    if (reader.field === 1) children.set(...readReference(reader.message()));
    else if (reader.field === 5) kind = { is: "asset", index: readNumber(reader.message(), 1) };
    else if (reader.field === 6) kind = readFunction(reader.message());
    else if (reader.field === 7) kind = { is: "variable", name: readString(reader.message(), 6) };
    else if (reader.field === 8) kind = readBareFunction(reader.message());
    else if (reader.field === 9) kind = { is: "constant", operation: readString(reader.message(), 1) };
    else if (reader.field === 10) {
      reader.skip();
      kind = { is: "resource" };
    } else reader.skip();
  }
  return { children, kind };
}

function readReference(reader: WireReader): [string, number] {
  let node = 0;
  let name = "";
  while (reader.next()) {
    if (reader.field === 1) node = reader.number();
    else if (reader.field === 2) name = reader.string();
    else reader.skip();
  }
  return [name, node];
}

function readFunction(reader: WireReader): SavedObject["kind"] {
  const concreteFunctions: string[] = [];
  let argumentNames: readonly string[] = [];
  while (reader.next()) {
    if (reader.field === 1) concreteFunctions.push(reader.string());
    else if (reader.field === 2) argumentNames = readArgumentNames(reader.message());
    else reader.skip();
  }
  return { is: "function", concreteFunctions, argumentNames };
}

function readBareFunction(reader: WireReader): SavedObject["kind"] {
  let name = "";
  const argumentNames: string[] = [];
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 2) argumentNames.push(reader.string());
    else reader.skip();
  }
  return { is: "concrete function", name, argumentNames };
}

/** FunctionSpec: the names of its positional arguments, without `self`. */
function readArgumentNames(reader: WireReader): readonly string[] {
  let specification: StructuredValue | undefined;
  let isMethod = false;
  while (reader.next()) {
    if (reader.field === 1) specification = readStructuredValue(reader.message());
    else if (reader.field === 2) isMethod = reader.bool();
    else reader.skip();
  }
  if (specification?.kind !== "group") return [];
  const names = specification.entries.find(([name]) => name === "args")?.[1];
  if (names?.kind !== "group") return [];
  const all = names.entries.map(([, value]) => (value.kind === "plain" ? String(value.value) : ""));
  return isMethod ? all.slice(1) : all;
}

function readConcreteFunction(reader: WireReader): ConcreteFunction {
  const boundInputs: number[] = [];
  let inputs: StructuredValue = { kind: "group", entries: [] };
  let outputs: StructuredValue = { kind: "group", entries: [] };
  while (reader.next()) {
    if (reader.field === 2) reader.eachVarint((each) => boundInputs.push(each.number()));
    else if (reader.field === 3) inputs = readStructuredValue(reader.message());
    else if (reader.field === 4) outputs = readStructuredValue(reader.message());
    else reader.skip();
  }
  return { boundInputs, inputs, outputs };
}

function readNumber(reader: WireReader, field: number): number {
  let value = 0;
  while (reader.next()) {
    if (reader.field === field) value = reader.number();
    else reader.skip();
  }
  return value;
}

function readString(reader: WireReader, field: number): string {
  let value = "";
  while (reader.next()) {
    if (reader.field === field) value = reader.string();
    else reader.skip();
  }
  return value;
}

function noFunction(): ConcreteFunction {
  return { boundInputs: [], inputs: { kind: "group", entries: [] }, outputs: { kind: "group", entries: [] } };
}
