import type { StandardSchemaV1 } from "@standard-schema/spec";
import { z } from "zod";

/** What zod adds to an issue: https://zod.dev/packages/core#issue-types. */
export interface ZodIssue extends StandardSchemaV1.Issue {
  readonly code: string;
  /** Of `unrecognized_keys`. */
  readonly keys?: readonly string[];
  /** Of `invalid_union`: the issues of each alternative. */
  readonly errors?: readonly (readonly ZodIssue[])[];
  /** Of `invalid_key`: what is wrong with the key. */
  readonly issues?: readonly ZodIssue[];
}

/** Shorter values than this are no secrets, and are found by chance in every message. */
const SHORTEST_SECRET = 4;

const WORDS: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "a mapping",
  record: "a mapping",
  string: "text",
};

export function isZodIssue(issue: StandardSchemaV1.Issue): issue is ZodIssue {
  return typeof (issue as Partial<ZodIssue>).code === "string";
}

/**
 * What the schema expected: `expected a number`, or its own message where it does not say so.
 *
 * A message may repeat what the schema was given, whole, in part or changed. So where that came from the environment, what
 * zod says of its own rules is said anew from the rule alone, and messages of other making are kept back.
 *
 * @param isAboutSecret whether the issue is about a value from the environment
 * @param secrets all such values of the section
 * @returns `undefined` where nothing can be said without risk
 */
export function guardedExpectation(
  issue: StandardSchemaV1.Issue,
  isAboutSecret: boolean,
  secrets: Iterable<string>,
): string | undefined {
  const expectation = worded(issue, isAboutSecret ? ruleOf : ({ message }) => message);
  return expectation === undefined || repeatsValue(expectation, secrets) ? undefined : expectation;
}

/** Whether `text` shows one of `values`, as far as they are long enough to be told from chance. */
export function repeatsValue(text: string, values: Iterable<string>): boolean {
  for (const value of values) {
    if (value.length >= SHORTEST_SECRET && text.includes(value)) return true;
  }
  return false;
}

type MessageOf = (issue: StandardSchemaV1.Issue) => string | undefined;

function worded(issue: StandardSchemaV1.Issue, messageOf: MessageOf): string | undefined {
  const message = messageOf(issue);
  if (!isZodIssue(issue)) return message;
  if (issue.code === "invalid_key" && issue.issues?.[0] !== undefined) return worded(issue.issues[0], messageOf);
  if (issue.code === "invalid_union" && message === "Invalid input" && issue.errors?.length) {
    const kinds = issue.errors.map((branch) => branch[0] && worded(branch[0], messageOf));
    const known = kinds.filter((kind) => kind !== undefined).map((kind) => kind.replace(/^expected /, ""));
    return `expected ${[...new Set(known)].join(" or ")}`;
  }
  return message && inPlainWords(message);
}

/** What zod itself would say of the rule that was broken, made without what broke it. */
function ruleOf(issue: StandardSchemaV1.Issue): string | undefined {
  if (!isZodIssue(issue) || issue.code === "custom") return undefined;
  const { input: _, message: __, ...rule } = issue as ZodIssue & { readonly input?: unknown };
  const said = z.locales.en().localeError(rule as Parameters<ReturnType<typeof z.locales.en>["localeError"]>[0]);
  return typeof said === "string" ? said : said?.message;
}

function inPlainWords(message: string): string {
  return message
    .replace(/^[A-Z][a-z]+ [a-z]+: (?=expected )/, "")
    .replace(/^(expected .*), received \w+$/, "$1")
    .replace(/^expected (\w+)$/, (whole, kind: string) =>
      Object.hasOwn(WORDS, kind) ? `expected ${WORDS[kind]}` : whole,
    );
}
