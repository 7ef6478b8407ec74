import { suggestKey } from "@plinth/core";
import { type FlagName, OWN_FLAGS, SERVING_FLAGS, type ServingFlag } from "./serving-flags.js";

const FLAGS: ReadonlyMap<string, ServingFlag> = new Map(Object.entries({ ...SERVING_FLAGS, ...OWN_FLAGS }));

/** The flags of a command line; those that are not given have their defaults. */
export class FlagValues {
  readonly #given: ReadonlyMap<string, boolean | number | string>;

  constructor(given: ReadonlyMap<string, boolean | number | string>) {
    this.#given = given;
  }

  isGiven(name: FlagName): boolean {
    return this.#given.has(name);
  }

  /** Names of the flags that are given and say something else than their default. */
  get differing(): readonly string[] {
    return [...this.#given].filter(([name, value]) => FLAGS.get(name)?.defaultValue !== value).map(([name]) => name);
  }

  isOn(name: FlagName): boolean {
    return this.#get(name) === true;
  }

  number(name: FlagName): number {
    return Number(this.#get(name));
  }

  text(name: FlagName): string {
    return String(this.#get(name) ?? "");
  }

  #get(name: FlagName): boolean | number | string | undefined {
    return this.#given.get(name) ?? FLAGS.get(name)?.defaultValue;
  }
}

/** What a command line says, and all that is wrong with it. */
export interface ParsedFlags {
  readonly flags: FlagValues;
  readonly faults: readonly string[];
}

/** Whether a word of a command line is a flag. */
export function isFlag(word: string): boolean {
  return /^--?[A-Za-z]/.test(word);
}

/**
 * Reads flags in every form that is in use for them: `--port=1`, `--port 1`, `-port=1`; booleans also as `--flag`, `--noflag` and
 * `--flag=false`. Of a flag that stands twice the last one counts.
 *
 * @param others names of options that the command has besides, to suggest where one is misspelt
 */
export function parseFlags(words: readonly string[], others: readonly string[] = []): ParsedFlags {
  const given = new Map<string, boolean | number | string>();
  const faults: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const [, name = "", , inline] = /^--?([A-Za-z][\w-]*)(=([\s\S]*))?$/.exec(word) ?? [];
    const negated = name.startsWith("no") ? name.slice("no".length) : "";
    const flag = FLAGS.get(name);
    if (!isFlag(word) || name === "") {
      faults.push(`${JSON.stringify(word)} is no flag; with TensorFlow Serving's flags there is nothing else`);
    } else if (flag !== undefined) {
      const text = inline ?? followingValue(flag, left);
      const value = text === undefined ? undefined : readValue(flag, text);
      if (value === undefined) faults.push(`--${name}: expected ${EXPECTED[flag.type]}, got ${shown(text)}`);
      else given.set(name, value);
    } else if (FLAGS.get(negated)?.type === "boolean" && inline === undefined) {
      given.set(negated, false);
    } else {
      faults.push(`--${name}: there is no such flag${suggestKey(name, [...FLAGS.keys(), ...others])}`);
      if (inline === undefined && left[0] !== undefined && !isFlag(left[0])) left.shift();
    }
  }
  return { flags: new FlagValues(given), faults };
}

/** The value of a flag that has none after a `=`: the next word, which a boolean need not have. */
function followingValue({ type }: ServingFlag, left: string[]): string | undefined {
  const next = left[0];
  if (type !== "boolean") return next === undefined || isFlag(next) ? undefined : left.shift();
  return next !== undefined && BOOLEANS.has(next.toLowerCase()) ? left.shift() : "true";
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

const EXPECTED: Readonly<Record<ServingFlag["type"], string>> = {
  boolean: "true or false",
  integer: "a whole number",
  number: "a number",
  text: "a value",
};

function readValue({ type }: ServingFlag, text: string): boolean | number | string | undefined {
  if (type === "text") return text;
  if (type === "boolean") return BOOLEANS.get(text.toLowerCase());
  const isNumber =
    type === "integer" ? /^[-+]?\d{1,15}$/.test(text) : text.trim() !== "" && Number.isFinite(Number(text));
  return isNumber ? Number(text) : undefined;
}

function shown(text: string | undefined): string {
  return text === undefined ? "nothing" : JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
