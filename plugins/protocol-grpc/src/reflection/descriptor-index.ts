import { LENGTH_DELIMITED, tag } from "../wire/wire-format.js";
import { WireReader } from "../wire/wire-reader.js";

/** What is read of a `FileDescriptorProto`. */
interface DescribedFile {
  readonly name: string;
  readonly imports: readonly string[];
  /** Its `FileDescriptorProto`. */
  readonly bytes: Buffer;
}

// descriptor.proto: field numbers of names and of what stands inside each other.
const SET_FILE = tag(1, LENGTH_DELIMITED);
const NAME = tag(1, LENGTH_DELIMITED);
const FILE_PACKAGE = tag(2, LENGTH_DELIMITED);
const FILE_DEPENDENCY = tag(3, LENGTH_DELIMITED);
const FILE_MESSAGE = tag(4, LENGTH_DELIMITED);
const FILE_ENUM = tag(5, LENGTH_DELIMITED);
const FILE_SERVICE = tag(6, LENGTH_DELIMITED);
const MESSAGE_NESTED = tag(3, LENGTH_DELIMITED);
const MESSAGE_ENUM = tag(4, LENGTH_DELIMITED);
const SERVICE_METHOD = tag(2, LENGTH_DELIMITED);

/** Finds the descriptors of protobuf files in a `FileDescriptorSet`, by their names and by what they define. */
export class DescriptorIndex {
  readonly #files = new Map<string, DescribedFile>();
  /** Files by full names of messages, enumerations, services and methods. */
  readonly #defining = new Map<string, DescribedFile>();

  constructor(descriptorSet: Buffer) {
    const reader = new WireReader(descriptorSet);
    while (reader.next()) {
      if (reader.tag === SET_FILE) this.#add(reader.bytes());
      else reader.skip();
    }
  }

  /** The file of that name, and behind it all that it imports, each once; `undefined` where there is none. */
  fileNamed(name: string): readonly Buffer[] | undefined {
    const file = this.#files.get(name);
    return file === undefined ? undefined : this.#withImports(file);
  }

  /** As {@link fileNamed}, for the file that defines the full name of something. */
  fileDefining(symbol: string): readonly Buffer[] | undefined {
    const file = this.#defining.get(symbol);
    return file === undefined ? undefined : this.#withImports(file);
  }

  /** Whether there is a message of that full name. */
  defines(symbol: string): boolean {
    return this.#defining.has(symbol);
  }

  #add(bytes: Buffer): void {
    let name = "";
    let scope = "";
    const imports: string[] = [];
    const nested: [kind: number, bytes: Buffer][] = [];
    const reader = new WireReader(bytes);
    while (reader.next()) {
      if (reader.tag === NAME) name = reader.string();
      else if (reader.tag === FILE_PACKAGE) scope = reader.string();
      else if (reader.tag === FILE_DEPENDENCY) imports.push(reader.string());
      else if ([FILE_MESSAGE, FILE_ENUM, FILE_SERVICE].includes(reader.tag)) nested.push([reader.tag, reader.bytes()]);
      else reader.skip();
    }
    const file = { name, imports, bytes };
    this.#files.set(name, file);
    for (const [kind, each] of nested) this.#define(file, scope, each, kind === FILE_SERVICE ? SERVICE_PARTS : PARTS);
  }

  /** @param parts tags of what stands inside and has a name of its own */
  #define(file: DescribedFile, scope: string, bytes: Buffer, parts: readonly number[]): void {
    let fullName = scope;
    const inside: Buffer[] = [];
    const reader = new WireReader(bytes);
    while (reader.next()) {
      if (reader.tag === NAME) fullName = scope === "" ? reader.string() : `${scope}.${reader.string()}`;
      else if (parts.includes(reader.tag)) inside.push(reader.bytes());
      else reader.skip();
    }
    this.#defining.set(fullName, file);
    for (const each of inside) this.#define(file, fullName, each, parts === PARTS ? PARTS : []);
  }

  #withImports(file: DescribedFile): readonly Buffer[] {
    const found = new Set([file]);
    for (const each of found) {
      for (const name of each.imports) {
        const imported = this.#files.get(name);
        if (imported !== undefined) found.add(imported);
      }
    }
    return [...found].map(({ bytes }) => bytes);
  }
}

const PARTS: readonly number[] = [MESSAGE_NESTED, MESSAGE_ENUM];
const SERVICE_PARTS: readonly number[] = [SERVICE_METHOD];
