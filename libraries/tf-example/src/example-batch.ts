import { PlinthError } from "@plinth/core";
import type { Example } from "./example.js";
import { readEntries, readExample } from "./read-example.js";
import { writeEntries, writeExample } from "./write-example.js";

/** Most examples of one request. The smallest takes three bytes of a body, and a hundred times that in memory. */
export const MAX_EXAMPLES = 100_000;

/** Most bytes that the context may come to, all examples together: a body of little more than a context could ask for any number of copies. */
const MAX_CONTEXT_BYTES = 1 << 26;

/** What a feature takes in memory beside its name and values, about. */
const FEATURE_BYTES = 64;

/**
 * The examples of one request, each with the features of the context that it does not have itself. Made from what the client sent, as
 * bytes or as values; the other form is made when it is asked for, once for all who ask.
 *
 * Serialized examples without a context are handed on as the very bytes that came, examples or not: whoever parses them finds out.
 */
export class ExampleBatch {
  readonly size: number;
  #serialized: readonly Uint8Array[] | undefined;
  #parsed: readonly Example[] | undefined;

  private constructor(forms: { serialized?: readonly Uint8Array[]; parsed?: readonly Example[] }) {
    this.#serialized = forms.serialized;
    this.#parsed = forms.parsed;
    this.size = (forms.serialized ?? forms.parsed ?? []).length;
  }

  /**
   * Of serialized examples. Views over them and the context are kept.
   *
   * @throws PlinthError `REQUEST_INVALID` for no or too many examples, for too large a context, and beside a context for bytes that are
   * no `tf.Example`
   */
  static ofSerialized(examples: readonly Uint8Array[], context?: Uint8Array): ExampleBatch {
    checkSize(examples.length);
    if (context === undefined) return new ExampleBatch({ serialized: examples });
    checkContext(context.length, examples.length);
    const shared = entriesOf(context, "The context");
    const serialized = examples.map((example, index) => {
      const own = entriesOf(example, `Example ${index}`);
      return writeEntries(new Map([...shared, ...own]).values());
    });
    return new ExampleBatch({ serialized });
  }

  /**
   * Of parsed examples.
   *
   * @throws PlinthError `REQUEST_INVALID` for no or too many examples, and for too large a context
   */
  static ofParsed(examples: readonly Example[], context?: Example): ExampleBatch {
    checkSize(examples.length);
    if (context === undefined) return new ExampleBatch({ parsed: examples });
    checkContext(bytesOf(context), examples.length);
    return new ExampleBatch({ parsed: examples.map((example) => new Map([...context, ...example])) });
  }

  serialized(): readonly Uint8Array[] {
    this.#serialized ??= (this.#parsed ?? []).map(writeExample);
    return this.#serialized;
  }

  /** @throws PlinthError `REQUEST_INVALID` for bytes that are no `tf.Example` */
  parsed(): readonly Example[] {
    this.#parsed ??= (this.#serialized ?? []).map((bytes, index) =>
      reading(`Example ${index}`, () => readExample(bytes)),
    );
    return this.#parsed;
  }
}

/** The entries of the map of features, by name; the last of a name counts. */
function entriesOf(example: Uint8Array, what: string): ReadonlyMap<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  reading(what, () => readEntries(example, (name, _, entry) => entries.set(name, entry)));
  return entries;
}

/** About what an example takes in memory. */
function bytesOf(example: Example): number {
  let bytes = 0;
  for (const [name, { kind, values }] of example) {
    bytes += name.length + FEATURE_BYTES;
    if (kind === "bytes") for (const value of values) bytes += value.length + FEATURE_BYTES;
    else if (kind !== "none") bytes += values.byteLength;
  }
  return bytes;
}

function checkSize(examples: number): void {
  if (examples === 0) throw new PlinthError("REQUEST_INVALID", "Input is empty: expected at least one example");
  if (examples > MAX_EXAMPLES) throw tooManyExamples(examples);
}

function checkContext(bytes: number, examples: number): void {
  if (bytes * examples <= MAX_CONTEXT_BYTES) return;
  throw new PlinthError(
    "REQUEST_INVALID",
    `The context goes into each of the ${examples} examples, which takes ${bytes * examples} bytes; expected at most ` +
      `${MAX_CONTEXT_BYTES}. Send the examples in several requests`,
  );
}

export function tooManyExamples(examples: number): PlinthError {
  return new PlinthError(
    "REQUEST_INVALID",
    `Expected at most ${MAX_EXAMPLES} examples, got ${examples} or more: send them in several requests`,
  );
}

/** @throws PlinthError `REQUEST_INVALID` in place of what `read` throws */
function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const { message } = PlinthError.from(cause);
    throw new PlinthError("REQUEST_INVALID", `${what} is no serialized tf.Example: ${message}`, { cause });
  }
}
