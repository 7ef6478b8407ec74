import { type Field, type FieldReader, MalformedMessage, WIRE } from "./field-reader.js";
import type { ExternalData, OnnxFile, OnnxValue } from "./read-onnx-file.js";

/**
 * Messages in which tensors and values stand, and what their fields are. Numbers as in
 * https://github.com/onnx/onnx/blob/v1.23.0/onnx/onnx.proto
 */
const MESSAGES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  model: { 1: "irVersion", 2: "producer", 3: "producer", 7: "graph", 8: "opset", 25: "function" },
  graph: { 1: "node", 5: "initializer", 11: "input", 12: "output", 15: "sparseTensor" },
  subgraph: { 1: "node", 5: "tensor", 15: "sparseTensor" },
  function: { 7: "node" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "subgraph", 10: "tensor", 11: "subgraph", 22: "sparseTensor", 23: "sparseTensor" },
  sparseTensor: { 1: "tensor", 2: "tensor" },
};

/** Fields of `TypeProto`. */
const KINDS: Readonly<Record<number, OnnxValue["kind"]>> = {
  1: "tensor",
  4: "sequence",
  5: "map",
  7: "opaque",
  8: "sparse tensor",
  9: "optional",
};

const EXTERNAL_LOCATION = 1;
const MAX_TEXT_BYTES = 64 * 1024;
/** Where protobuf's own readers stop. */
const MAX_DEPTH = 100;

/**
 * One pass over an ONNX file. Graphs may nest in nodes of graphs, so the messages under way are kept on a stack of bounded
 * depth; what is read of a tensor or a value has a fixed depth.
 */
export class OnnxFileWalk {
  readonly #reader: FieldReader;
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #initializers = new Set<string>();
  readonly #externalData: ExternalData[] = [];
  readonly #opsets = new Map<string, number>();
  readonly #producer: string[] = [];
  #irVersion = 0;
  #hasGraph = false;

  constructor(reader: FieldReader) {
    this.#reader = reader;
  }

  /** `undefined` where the file holds no graph. @throws MalformedMessage */
  run(): OnnxFile | undefined {
    const stack = [{ message: "model", end: this.#reader.bytes }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const field = this.#reader.next(top.end);
      if (field === undefined) {
        stack.pop();
        continue;
      }
      const content = MESSAGES[top.message]?.[field.number];
      if (content === undefined || this.#take(content, field)) continue;
      if (stack.length === MAX_DEPTH) {
        throw new MalformedMessage(`byte ${field.start} stands more than ${MAX_DEPTH} messages deep`, false);
      }
      this.#reader.enter(field);
      stack.push({ message: content, end: field.end });
    }
    if (!this.#hasGraph) return undefined;
    return {
      inputs: this.#inputs.filter((input) => !this.#initializers.has(input.name)),
      outputs: this.#outputs,
      externalData: this.#externalData,
      irVersion: this.#irVersion,
      opsets: this.#opsets,
      producer: this.#producer.join(" "),
    };
  }

  /** Whether the field has been dealt with; a message that is to be walked through has not. */
  #take(content: string, field: Field): boolean {
    if (content === "irVersion") {
      this.#irVersion = field.value;
      return true;
    }
    if (field.wireType !== WIRE.bytes) {
      throw new MalformedMessage(`the ${content} at byte ${field.start} is of wire type ${field.wireType}`, false);
    }
    if (content === "graph") this.#hasGraph = true;
    if (content === "producer") this.#producer.push(this.#text(field));
    else if (content === "opset") this.#takeOpset(field);
    else if (content === "input") this.#inputs.push(this.#value(field));
    else if (content === "output") this.#outputs.push(this.#value(field));
    else if (content === "initializer") this.#initializers.add(this.#takeTensor(field));
    else if (content === "tensor") this.#takeTensor(field);
    else return false;
    return true;
  }

  #takeOpset(opset: Field): void {
    let domain = "";
    let version = 0;
    for (const field of this.#fields(opset)) {
      if (field.number === 1) domain = this.#text(field);
      else if (field.number === 2) version = field.value;
    }
    this.#opsets.set(domain, version);
  }

  /** Notes where the tensor's data is, and gives its name. */
  #takeTensor(tensor: Field): string {
    let name = "";
    let external = false;
    const facts = new Map<string, string>();
    for (const field of this.#fields(tensor)) {
      if (field.number === 8) name = this.#text(field);
      else if (field.number === 14) external = field.value === EXTERNAL_LOCATION;
      else if (field.number === 13) facts.set(...this.#entry(field));
    }
    if (external) {
      this.#externalData.push({
        tensor: name,
        location: facts.get("location") ?? "",
        offset: Number(facts.get("offset") ?? 0),
        bytes: Number(facts.get("length") ?? 0),
      });
    }
    return name;
  }

  #entry(entry: Field): [key: string, value: string] {
    const texts: [string, string] = ["", ""];
    for (const field of this.#fields(entry)) {
      if (field.number === 1) texts[0] = this.#text(field);
      else if (field.number === 2) texts[1] = this.#text(field);
    }
    return texts;
  }

  #value(value: Field): OnnxValue {
    let name = "";
    let type: Omit<OnnxValue, "name"> = { kind: "untyped", elementType: 0, scalar: false };
    for (const field of this.#fields(value)) {
      if (field.number === 1) name = this.#text(field);
      else if (field.number === 2) type = this.#type(field);
    }
    return { name, ...type };
  }

  #type(type: Field): Omit<OnnxValue, "name"> {
    let kind: OnnxValue["kind"] = "untyped";
    let elementType = 0;
    let rank: number | undefined;
    for (const field of this.#fields(type)) {
      kind = KINDS[field.number] ?? kind;
      if (kind !== "tensor" || field.number !== 1) continue;
      for (const part of this.#fields(field)) {
        if (part.number === 1) elementType = part.value;
        else if (part.number === 2) rank = [...this.#fields(part)].filter(({ number }) => number === 1).length;
      }
    }
    return { kind, elementType, scalar: rank === 0 };
  }

  *#fields(message: Field): Generator<Field> {
    this.#reader.enter(message);
    for (let field = this.#reader.next(message.end); field !== undefined; field = this.#reader.next(message.end)) {
      yield field;
    }
  }

  #text(field: Field): string {
    return this.#reader.text(field, MAX_TEXT_BYTES);
  }
}
