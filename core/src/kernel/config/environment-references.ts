import { quote } from "./config-fault.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A text after its `${VAR}` were replaced. */
export interface Substitution {
  readonly text: string;
  readonly hasReference: boolean;
  /** Whether the text was one reference and nothing else. */
  readonly isOneReference: boolean;
  /** Values that the environment gave, by name. */
  readonly variables: ReadonlyMap<string, string>;
  /** What is wrong with it. */
  readonly faults: readonly string[];
}

/** `$${`, or a `${` with all up to the brace that closes it, if any does. */
const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const INSIDE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/**
 * Replaces `${VAR}` and `${VAR:-default}`, and `$${` by the characters `${`. As in a shell, the default also stands in for a
 * variable that is empty.
 */
export function substitute(written: string, environment: Environment): Substitution {
  const variables = new Map<string, string>();
  const faults: string[] = [];
  let references = 0;
  const text = written.replace(REFERENCE, (match: string, inside: string | undefined, end: string | undefined) => {
    if (inside === undefined) return "${";
    references++;
    const [, name, fallback] = (end === "}" && INSIDE.exec(inside)) || [];
    if (name === undefined) {
      faults.push(
        `expected a reference \${NAME} or \${NAME:-default}, got ${quote(match)}; write $\${ for the characters themselves`,
      );
      return "";
    }
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (fallback !== undefined && (value === undefined || value === "")) return fallback;
    if (value === undefined) {
      faults.push(
        `the environment variable ${name} is not set; set it, or give a default as in \${${name}:-default}, ` +
          `or write $\${ for the characters themselves`,
      );
      return "";
    }
    variables.set(name, value);
    return value;
  });
  const isOneReference = references === 1 && /^\$\{[^}]*\}$/.test(written);
  return { text, hasReference: references > 0, isOneReference, variables, faults };
}
