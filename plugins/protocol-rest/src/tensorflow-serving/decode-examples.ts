import { PlinthError } from "@plinth/core";
import {
  CLASSIFY_METHOD,
  type Example,
  ExampleBatch,
  type ExampleMethod,
  type Feature,
  type InferenceTask,
  isExampleMethod,
  MAX_EXAMPLES,
  REGRESS_METHOD,
} from "@plinth/tf-example";
import { CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE, skipBlanks } from "../json/characters.js";
import { ObjectWalker } from "../json/object-walker.js";
import { skipValue } from "../json/skip-value.js";
import { textOf } from "../json/strings.js";
import { asBuffer, findMembers, findSignatureName, SIGNATURE_KEY, type Span } from "./document.js";
import { clip, excerpt } from "./excerpt.js";
import { readFeature } from "./read-feature.js";

/** The body of a classify or regress request. */
export interface ExampleRequest {
  /** What the client named; `undefined` where it named none, or the empty string. */
  readonly signature: string | undefined;
  /** Values of bytes may be views over the request's body. */
  readonly examples: ExampleBatch;
}

/** The body of a multi-inference request. */
export interface MultiInferenceRequest {
  readonly tasks: readonly InferenceTask[];
  readonly examples: ExampleBatch;
}

/**
 * Reads the body of a classify or regress request: `{"signature_name": "...", "context": {...}, "examples": [{...}, ...]}`. Lenient as
 * `decodePredict` is, and told in this order: syntax of the whole document, `signature_name`, `context`, `examples`.
 *
 * @param body is not copied where bytes are views over it; nobody may write to it as long as the examples are in use
 * @throws PlinthError `REQUEST_INVALID`
 */
export function decodeExamples(body: Uint8Array): ExampleRequest {
  const bytes = asBuffer(body);
  const members = findMembers(bytes, [SIGNATURE_KEY, ...EXAMPLE_KEYS], '{"examples": [...]}');
  return { signature: findSignatureName(bytes, members), examples: readBatch(bytes, members) };
}

/**
 * Reads the body of a multi-inference request: `{"tasks": [{"signature_name": "...", "method_name": "..."}, ...], "context": {...},
 * "examples": [{...}, ...]}`; otherwise as {@link decodeExamples}.
 *
 * @throws PlinthError `REQUEST_INVALID`
 */
export function decodeMultiInference(body: Uint8Array): MultiInferenceRequest {
  const bytes = asBuffer(body);
  const members = findMembers(bytes, ["tasks", ...EXAMPLE_KEYS], '{"tasks": [...], "examples": [...]}');
  return { tasks: readTasks(bytes, members.get("tasks")), examples: readBatch(bytes, members) };
}

function readBatch(bytes: Buffer, members: ReadonlyMap<string, Span>): ExampleBatch {
  const reader = new ExampleReader(bytes);
  const context = members.get("context");
  const shared = context === undefined ? undefined : reader.read(context.at);
  const list = listOf(bytes, members.get("examples"), "examples");
  const examples: Example[] = [];
  for (let at = list; bytes[at] !== CLOSE_BRACKET; at = nextElement(bytes, reader.end)) {
    examples.push(reader.read(at));
    if (examples.length > MAX_EXAMPLES) break;
  }
  return ExampleBatch.ofParsed(examples, shared);
}

/** Reads one example after the other; those of the same features in the same order cost no decoding of names. */
class ExampleReader {
  /** Position after the last example. */
  end = -1;
  readonly #bytes: Buffer;
  readonly #walker: ObjectWalker;
  #features = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#walker = new ObjectWalker(bytes);
  }

  read(at: number): Example {
    const bytes = this.#bytes;
    const walker = this.#walker;
    if (bytes[at] !== OPEN_BRACE) {
      const value = excerpt(bytes, at, skipValue(bytes, at));
      throw invalid(`Example must be JSON object, with features by name, but got ${value}`);
    }
    const example = new Map<string, Feature>();
    for (at = walker.enter(at); at >= 0; ) {
      const { key } = walker;
      if (example.has(key)) throw invalid(`The feature ${clip(key)} comes twice in one example`);
      if (++this.#features > MAX_FEATURES) {
        throw invalid(
          `Expected at most ${MAX_FEATURES} features in all examples together: send them in several requests`,
        );
      }
      const { feature, end } = readFeature(bytes, at, key);
      example.set(key, feature);
      at = walker.next(end);
    }
    this.end = walker.end;
    return example;
  }
}

function readTasks(bytes: Buffer, tasks: Span | undefined): readonly InferenceTask[] {
  const read: InferenceTask[] = [];
  const walker = new ObjectWalker(bytes);
  for (let at = listOf(bytes, tasks, "tasks"); bytes[at] !== CLOSE_BRACKET; at = nextElement(bytes, walker.end)) {
    if (read.length === MAX_TASKS) throw invalid(`Expected at most ${MAX_TASKS} tasks: send them in several requests`);
    if (bytes[at] !== OPEN_BRACE) {
      throw invalid(
        `Task must be JSON object, as {"${SIGNATURE_KEY}": "..."}, but got ${excerpt(bytes, at, skipValue(bytes, at))}`,
      );
    }
    const names = new Map<string, string>();
    for (at = walker.enter(at); at >= 0; ) {
      const { key } = walker;
      const end = skipValue(bytes, at);
      if (TASK_KEYS.includes(key) && !names.has(key)) names.set(key, textAt(bytes, { at, end }, key));
      at = walker.next(end);
    }
    read.push({ signature: names.get(SIGNATURE_KEY) || undefined, method: methodOf(names.get(METHOD_KEY)) });
  }
  return read;
}

function methodOf(name: string | undefined): ExampleMethod | undefined {
  if (name === undefined || name === "") return undefined;
  if (isExampleMethod(name)) return name;
  throw invalid(`Unsupported signature ${METHOD_KEY}: ${clip(name)}. Expected ${CLASSIFY_METHOD} or ${REGRESS_METHOD}`);
}

function textAt(bytes: Buffer, { at, end }: Span, key: string): string {
  if (bytes[at] === QUOTE) return textOf(bytes, at + 1, end - 1);
  throw invalid(`'${key}' key must be a string value, but got ${excerpt(bytes, at, end)}`);
}

/** Position of the first element of the list `key`, or of its end. */
function listOf(bytes: Buffer, list: Span | undefined, key: string): number {
  if (list !== undefined && bytes[list.at] === OPEN_BRACKET) return skipBlanks(bytes, list.at + 1);
  const got = list === undefined ? "there is none" : `got ${excerpt(bytes, list.at, list.end)}`;
  throw invalid(`Expecting '${key}' to be a list/array of objects, but ${got}`);
}

/** Position of the element after one that ends at `end`, or of the end of the list. */
function nextElement(bytes: Buffer, end: number): number {
  const at = skipBlanks(bytes, end);
  return bytes[at] === COMMA ? skipBlanks(bytes, at + 1) : at;
}

function invalid(message: string): PlinthError {
  return new PlinthError("REQUEST_INVALID", message);
}

const METHOD_KEY = "method_name";
const TASK_KEYS = [SIGNATURE_KEY, METHOD_KEY];
const EXAMPLE_KEYS = ["context", "examples"];
/** Far more than any model has signatures. */
const MAX_TASKS = 1_000;
/** Each takes six bytes of a body, and fifty times that in memory. */
const MAX_FEATURES = 1_000_000;
