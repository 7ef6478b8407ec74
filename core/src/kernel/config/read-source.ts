import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Pair,
  Parser,
  type Scalar,
  type Schema,
} from "yaml";
import type { ConfigPath, FaultList, Location } from "./config-fault.js";
import { describeNode } from "./describe-node.js";
import { type Environment, substitute } from "./environment-references.js";
import type { SourceEntry, SourceMapping, SourceNode, SourceScalar } from "./source-tree.js";

/** Largest configuration, in bytes of UTF-8. */
export const MAX_CONFIG_BYTES: number = 1024 * 1024;

/** Most words and signs of YAML; far more than people write, and parsed within about a second. */
const MAX_TOKENS = 100_000;
/** Deepest nesting of mappings and lists, in the file and where aliases are followed. */
const MAX_DEPTH = 64;
/** Most values that all aliases together may stand for. */
const MAX_ALIASED_NODES = 10_000;

const YAML_OPTIONS = {
  version: "1.2",
  schema: "core",
  strict: true,
  stringKeys: true,
  intAsBigInt: true,
  merge: false,
  resolveKnownTags: false,
  prettyErrors: false,
  // The parser compares each key with all others; this is done with a set below.
  uniqueKeys: false,
} as const;

/**
 * Reads YAML 1.2 (core schema, one document, no tags of its own) into a tree, with the environment's values put in.
 *
 * @returns the top of the configuration; empty for an empty file. `undefined` where it cannot be read further; why is then
 * among `faults`.
 */
export function readSource(text: string, environment: Environment, faults: FaultList): SourceMapping | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, lines, faults);
  if (document === undefined) return undefined;
  const root = new TreeBuilder(document.schema, lines, environment, faults).build(document.contents, START, []);
  if (root.kind === "mapping") return root;
  if (root.kind === "scalar" && root.value === null) return { kind: "mapping", at: START, entries: new Map() };
  faults.add(root.at, [], `expected a mapping with keys as storage and protocols, got ${describeNode(root)}`);
  return undefined;
}

const START: Location = { line: 1, column: 1 };

function parseDocument(text: string, lines: LineCounter, faults: FaultList): Document.Parsed | undefined {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
    faults.add(START, [], `expected at most ${MAX_CONFIG_BYTES} bytes, got ${Buffer.byteLength(text)}`);
    return undefined;
  }
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  const tokens = [];
  let lexemes = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    offset += lexeme.length;
    // The parser keeps a stack, the composer after it recurses: what is too deep must not reach it.
    if (parser.stack.length > MAX_DEPTH) {
      faults.add(locationAt(lines, offset), [], `expected at most ${MAX_DEPTH} levels of nesting`);
      return undefined;
    }
    if (++lexemes > MAX_TOKENS) {
      faults.add(locationAt(lines, offset), [], `expected at most ${MAX_TOKENS} words and signs of YAML in one file`);
      return undefined;
    }
  }
  tokens.push(...parser.end());
  const [document, second] = [...new Composer(YAML_OPTIONS).compose(tokens, true, text.length)];
  const problems = [...(document?.errors ?? []), ...(document?.warnings ?? [])];
  for (const [index, { message, pos }] of problems.entries()) {
    const hint = index === 0 ? hintFor(text, pos[0]) : "";
    faults.add(locationAt(lines, pos[0]), [], `not valid YAML: ${message}${hint}`);
  }
  if (second !== undefined) {
    faults.add(locationAt(lines, second.range[0]), [], "expected one YAML document, got a second one after ---");
  }
  return faults.isEmpty ? (document as Document.Parsed) : undefined;
}

function hintFor(text: string, offset: number): string {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  if (!/[{[,].*\$\{/.test(text.slice(lineStart, offset + 2))) return "";
  return (
    "; between { } and [ ] YAML takes the braces of a reference for its own: put the key on a line of its own, " +
    "or, where text is meant, put the reference in quotes"
  );
}

function locationAt(lines: LineCounter, offset: number): Location {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

class TreeBuilder {
  readonly #schema: Schema;
  readonly #lines: LineCounter;
  readonly #environment: Environment;
  readonly #faults: FaultList;
  readonly #anchors = new Map<string, unknown>();
  #aliasedNodes = 0;
  #aliasDepth = 0;

  constructor(schema: Schema, lines: LineCounter, environment: Environment, faults: FaultList) {
    this.#schema = schema;
    this.#lines = lines;
    this.#environment = environment;
    this.#faults = faults;
  }

  /** @param fallback where a value that is left out would stand */
  build(node: unknown, fallback: Location, path: ConfigPath): SourceNode {
    const at = this.#locate(node) ?? fallback;
    if (this.#aliasDepth > 0 && ++this.#aliasedNodes > MAX_ALIASED_NODES) {
      return this.#fault(at, path, `expected aliases that stand for at most ${MAX_ALIASED_NODES} values together`);
    }
    if (path.length > MAX_DEPTH) {
      return this.#fault(at, path.slice(0, 8), `expected at most ${MAX_DEPTH} levels of nesting`);
    }
    this.#remember(node);
    if (isAlias(node)) {
      if (!this.#anchors.has(node.source)) {
        return this.#fault(at, path, `there is no anchor &${node.source} before this alias`);
      }
      this.#aliasDepth++;
      const built = this.build(this.#anchors.get(node.source), at, path);
      this.#aliasDepth--;
      return built;
    }
    if (isMap(node)) return this.#mapping(node.items, at, path);
    if (isSeq(node)) {
      return { kind: "list", at, items: node.items.map((item, index) => this.build(item, at, [...path, index])) };
    }
    return this.#scalar(isScalar(node) ? node : undefined, at, path);
  }

  #mapping(pairs: readonly Pair[], at: Location, path: ConfigPath): SourceMapping {
    const entries = new Map<string, SourceEntry>();
    for (const pair of pairs) {
      this.#remember(pair.key);
      const keyAt = this.#locate(pair.key) ?? at;
      const key = isScalar(pair.key) ? String(pair.key.value) : "";
      const first = entries.get(key);
      if (first !== undefined) {
        const message = `this key stands twice, first in line ${first.keyAt.line}; keep one of them`;
        this.#faults.add(keyAt, [...path, key], message);
      } else if (key === "__proto__") {
        this.#faults.add(keyAt, [...path, key], "this word is not allowed as a key");
      } else {
        entries.set(key, { keyAt, node: this.build(pair.value, keyAt, [...path, key]) });
      }
    }
    return { kind: "mapping", at, entries };
  }

  #scalar(node: Scalar | undefined, at: Location, path: ConfigPath): SourceScalar {
    const isText = typeof node?.value === "string";
    const written = node?.source ?? "";
    const { text, isOneReference, faults, ...substitution } = substitute(isText ? written : "", this.#environment);
    for (const fault of faults) this.#faults.add(at, path, fault);
    const isQuoted = node?.type !== undefined && node.type !== "PLAIN";
    const isTyped = isOneReference && !isQuoted && node?.tag === undefined;
    return {
      kind: "scalar",
      at,
      value: exactNumber(isText ? (isTyped ? this.#typed(text) : text) : (node?.value ?? null)),
      written,
      isQuoted,
      ...substitution,
      isFaulty: faults.length > 0,
    };
  }

  /** `text` as YAML would read it where it stood unquoted in the file. */
  #typed(text: string): unknown {
    for (const tag of this.#schema.tags) {
      if (tag.collection || tag.default !== true || !tag.test?.test(text)) continue;
      const value = tag.resolve(text, () => {}, YAML_OPTIONS);
      return isScalar(value) ? value.value : value;
    }
    return text;
  }

  #remember(node: unknown): void {
    if (this.#aliasDepth === 0 && isNode(node) && !isAlias(node) && node.anchor) this.#anchors.set(node.anchor, node);
  }

  #fault(at: Location, path: ConfigPath, message: string): SourceScalar {
    this.#faults.add(at, path, message);
    return { ...this.#scalar(undefined, at, path), isFaulty: true };
  }

  #locate(node: unknown): Location | undefined {
    const range = (node as { range?: readonly number[] } | null | undefined)?.range;
    return range?.[0] === undefined ? undefined : locationAt(this.#lines, range[0]);
  }
}

function exactNumber(value: unknown): SourceScalar["value"] {
  const isSafe = typeof value === "bigint" && Number.isSafeInteger(Number(value));
  return (isSafe ? Number(value) : value) as SourceScalar["value"];
}
