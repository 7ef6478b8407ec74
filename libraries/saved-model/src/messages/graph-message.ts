import type { ConstantTensor } from "../constant-tensor.js";
import { elementTypeOf } from "../element-type.js";
import type { Attribute } from "../graph.js";
import { type ExpansionBudget, readShape, readTensor } from "./tensor-message.js";
import type { WireReader } from "./wire-reader.js";

/** An attribute as it stands in the file: constants are not read yet, and one in a function may be another's of the call (`placeholder`). */
export type SavedAttribute =
  | Exclude<Attribute, { kind: "tensor" | "list" }>
  | { readonly kind: "tensor"; readonly value: SavedTensor }
  | { readonly kind: "list"; readonly value: readonly SavedAttribute[] }
  | { readonly kind: "placeholder"; readonly value: string };

/** A constant that is read with its first use, and is the same object from then on. */
export class SavedTensor {
  readonly #reader: WireReader;
  #value: ConstantTensor | undefined;

  constructor(reader: WireReader) {
    this.#reader = reader;
  }

  read(budget: ExpansionBudget): ConstantTensor {
    this.#value ??= readTensor(this.#reader.again(), budget);
    return this.#value;
  }
}

export type SavedAttributes = ReadonlyMap<string, SavedAttribute>;

/** NodeDef. Its inputs are `name`, `name:n`, in functions `name:output:n`, and `^name` for what runs before. */
export interface SavedNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: SavedAttributes;
}

/** What OpDef says of an output: its name, and the attribute that says how many tensors it is, where it may be several. */
export interface OpOutput {
  readonly name: string;
  readonly countedBy?: string;
}

/** OpDef. */
export interface OpDefinition {
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly dataType: number }[];
  readonly outputs: readonly OpOutput[];
  readonly defaults: SavedAttributes;
  readonly isStateful: boolean;
}

/** FunctionDef. */
export interface SavedFunctionBody {
  readonly signature: OpDefinition;
  readonly nodes: readonly SavedNode[];
  /** Of each output its tensor in the body. */
  readonly returns: ReadonlyMap<string, string>;
  /** Names of nodes that run, whatever of the outputs is needed. */
  readonly controlReturns: readonly string[];
}

/** GraphDef. */
export interface SavedGraph {
  readonly nodes: readonly SavedNode[];
  readonly functions: ReadonlyMap<string, SavedFunctionBody>;
}

export function readGraph(reader: WireReader): SavedGraph {
  const nodes: SavedNode[] = [];
  const functions = new Map<string, SavedFunctionBody>();
  while (reader.next()) {
    if (reader.field === 1) nodes.push(readNode(reader.message()));
    else if (reader.field === 2) readFunctionLibrary(reader.message(), functions);
    else reader.skip();
  }
  return { nodes, functions };
}

function readFunctionLibrary(reader: WireReader, functions: Map<string, SavedFunctionBody>): void {
  while (reader.next()) {
    if (reader.field !== 1) reader.skip();
    else {
      const body = readFunction(reader.message());
      functions.set(body.signature.name, body);
    }
  }
}

function readFunction(reader: WireReader): SavedFunctionBody {
  let signature: OpDefinition = NO_DEFINITION;
  const nodes: SavedNode[] = [];
  const returns = new Map<string, string>();
  const controlReturns: string[] = [];
  while (reader.next()) {
    if (reader.field === 1) signature = readOpDefinition(reader.message());
    else if (reader.field === 3) nodes.push(readNode(reader.message()));
    else if (reader.field === 4) returns.set(...reader.entry(asString, empty));
    else if (reader.field === 6) controlReturns.push(reader.entry(asString, empty)[1]);
    else reader.skip();
  }
  return { signature, nodes, returns, controlReturns };
}

const NO_DEFINITION: OpDefinition = { name: "", inputs: [], outputs: [], defaults: new Map(), isStateful: false };

function readNode(reader: WireReader): SavedNode {
  let name = "";
  let op = "";
  const inputs: string[] = [];
  const attributes = new Map<string, SavedAttribute>();
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 2) op = reader.string();
    else if (reader.field === 3) inputs.push(reader.string());
    else if (reader.field === 5) readAttributeEntry(reader, attributes);
    else reader.skip();
  }
  return { name, op, inputs, attributes };
}

function readAttributeEntry(reader: WireReader, attributes: Map<string, SavedAttribute>): void {
  const [key, value] = reader.entry<SavedAttribute | undefined>((entry) => readAttribute(entry.message()), nothing);
  if (value !== undefined && !key.startsWith("_")) attributes.set(key, value);
}

/** AttrValue; `undefined` where it holds nothing. */
function readAttribute(reader: WireReader): SavedAttribute | undefined {
  let attribute: SavedAttribute | undefined;
  while (reader.next()) {
    if (reader.field === 1) attribute = { kind: "list", value: readList(reader.message()) };
    else if (reader.field === 2) attribute = { kind: "bytes", value: reader.bytes() };
    else if (reader.field === 3) attribute = { kind: "int", value: reader.bigint() };
    else if (reader.field === 4) attribute = { kind: "float", value: reader.float() };
    else if (reader.field === 5) attribute = { kind: "bool", value: reader.bool() };
    else if (reader.field === 6) attribute = { kind: "type", value: elementTypeOf(reader.number()) };
    else if (reader.field === 7) attribute = { kind: "shape", value: readShape(reader.message()) };
    else if (reader.field === 8) attribute = { kind: "tensor", value: new SavedTensor(reader.message()) };
    else if (reader.field === 9) attribute = { kind: "placeholder", value: reader.string() };
    else if (reader.field === 10) attribute = { kind: "function", value: readFunctionName(reader.message()) };
    else reader.skip();
  }
  return attribute;
}

function readList(reader: WireReader): readonly SavedAttribute[] {
  const list: SavedAttribute[] = [];
  while (reader.next()) {
    if (reader.field === 2) list.push({ kind: "bytes", value: reader.bytes() });
    else if (reader.field === 3) reader.eachVarint((each) => list.push({ kind: "int", value: each.bigint() }));
    else if (reader.field === 4) reader.eachFixed32((each) => list.push({ kind: "float", value: each.float() }));
    else if (reader.field === 5) reader.eachVarint((each) => list.push({ kind: "bool", value: each.bool() }));
    else if (reader.field === 6)
      reader.eachVarint((each) => list.push({ kind: "type", value: elementTypeOf(each.number()) }));
    else if (reader.field === 7) list.push({ kind: "shape", value: readShape(reader.message()) });
    else if (reader.field === 8) list.push({ kind: "tensor", value: new SavedTensor(reader.message()) });
    else if (reader.field === 9) list.push({ kind: "function", value: readFunctionName(reader.message()) });
    else reader.skip();
  }
  return list;
}

function readFunctionName(reader: WireReader): string {
  let name = "";
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else reader.skip();
  }
  return name;
}

export function readOpDefinition(reader: WireReader): OpDefinition {
  let name = "";
  let isStateful = false;
  const inputs: { name: string; dataType: number }[] = [];
  const outputs: OpOutput[] = [];
  const defaults = new Map<string, SavedAttribute>();
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 2) {
      const { name: input, dataType } = readArgument(reader.message());
      inputs.push({ name: input, dataType });
    } else if (reader.field === 3) {
      const { name: output, countedBy } = readArgument(reader.message());
      outputs.push(countedBy === "" ? { name: output } : { name: output, countedBy });
    } else if (reader.field === 4) readDefault(reader.message(), defaults);
    else if (reader.field === 17) isStateful = reader.bool();
    else reader.skip();
  }
  return { name, inputs, outputs, defaults, isStateful };
}

function readArgument(reader: WireReader): { name: string; dataType: number; countedBy: string } {
  let name = "";
  let dataType = 0;
  let countedBy = "";
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 3) dataType = reader.number();
    else if (reader.field === 5 || reader.field === 6) countedBy = reader.string();
    else reader.skip();
  }
  return { name, dataType, countedBy };
}

function readDefault(reader: WireReader, defaults: Map<string, SavedAttribute>): void {
  let name = "";
  let value: SavedAttribute | undefined;
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 3) value = readAttribute(reader.message());
    else reader.skip();
  }
  if (value !== undefined) defaults.set(name, value);
}

function asString(reader: WireReader): string {
  return reader.string();
}

function empty(): string {
  return "";
}

function nothing(): undefined {
  return undefined;
}
